/* SPDX-License-Identifier: Apache-2.0 */

#include "loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reader.h"
#include "schema.h"

struct loader {
    const char *file; /* for messages */
    struct reader reader;
    struct icgw_config *config;
    char *error; /* the first one */

    const struct schema_section *section; /* the current one, or NULL */
    char title[48];                       /* how messages call it: [port uplink] */
    unsigned int section_line;
    unsigned int key_lines[SCHEMA_MAX_KEYS];       /* where in this section; 0: not yet */
    unsigned int section_lines[SCHEMA_N_SECTIONS]; /* where each was first; 0: not yet */
};

/* Keeps the message, with file and line, for the operator.  Returns false. */
static bool __attribute__((format(printf, 3, 4)))
fail(struct loader *l, unsigned int line, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (asprintf(&l->error, "%s:%u: %s", l->file, line, text) < 0) {
        l->error = NULL;
    }
    return false;
}

/* Names of all sections, as they are written. */
static const char *section_names(char *text, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < SCHEMA_N_SECTIONS; i++) {
        const struct schema_section *s = &schema_sections[i];
        n += (size_t)snprintf(text + n, size - n, "%s[%s%s]", i > 0 ? ", " : "", s->name,
                              (s->flags & NAMED) ? " NAME" : "");
    }
    return text;
}

static const char *key_names(const struct schema_section *section, char *text, size_t size)
{
    size_t n = 0;

    for (const struct schema_key *k = section->keys; k->name != NULL; k++) {
        n += (size_t)snprintf(text + n, size - n, "%s%s", k > section->keys ? ", " : "", k->name);
    }
    return text;
}

/* Every required key of the section that ends here was given? */
static bool leave_section(struct loader *l)
{
    if (l->section == NULL) {
        return true;
    }
    for (size_t i = 0; l->section->keys[i].name != NULL; i++) {
        const struct schema_key *k = &l->section->keys[i];
        if ((k->flags & REQUIRED) && l->key_lines[i] == 0) {
            return fail(l, l->section_line, "%s has no %s; allowed: %s = %s", l->title, k->name,
                        k->name, k->allowed);
        }
    }
    return true;
}

static const struct schema_section *find_section(const char *name)
{
    for (size_t i = 0; i < SCHEMA_N_SECTIONS; i++) {
        if (strcmp(schema_sections[i].name, name) == 0) {
            return &schema_sections[i];
        }
    }
    return NULL;
}

/* Checks what comes after the section's name in the brackets. */
static bool check_argument(struct loader *l, unsigned int *first)
{
    const struct reader *r = &l->reader;

    if (l->section->flags & NAMED) {
        const char *wrong = config_add_port(l->config, r->value);
        if (wrong != NULL) {
            return fail(l, r->line, "port \"%.64s\" %s", r->value, wrong);
        }
    } else if (*r->value != '\0') {
        return fail(l, r->line, "section [%s] takes no name; allowed: [%s]", r->name, r->name);
    } else if (*first != 0) {
        return fail(l, r->line, "section [%s] is there already, at line %u; allowed: once", r->name,
                    *first);
    }
    *first = r->line;
    return true;
}

static bool enter_section(struct loader *l)
{
    const struct reader *r = &l->reader;
    char names[128];

    if (!leave_section(l)) {
        return false;
    }
    l->section = find_section(r->name);
    if (l->section == NULL) {
        return fail(l, r->line, "unknown section [%.64s]; allowed: %s", r->name,
                    section_names(names, sizeof names));
    }
    if (!check_argument(l, &l->section_lines[l->section - schema_sections])) {
        return false;
    }
    snprintf(l->title, sizeof l->title, "[%s%s%s]", r->name, *r->value ? " " : "", r->value);
    l->section_line = r->line;
    memset(l->key_lines, 0, sizeof l->key_lines);
    return true;
}

static bool set_key(struct loader *l, const struct schema_key *key)
{
    const struct reader *r = &l->reader;
    unsigned int *first = &l->key_lines[key - l->section->keys];
    char value[READER_MAX_LINE + 1];
    const char *culprit = r->value;

    if (*first != 0 && !(key->flags & REPEATS)) {
        return fail(l, r->line, "%s is there already, at line %u; allowed: once in %s", key->name,
                    *first, l->title);
    }
    *first = r->line;
    strcpy(value, r->value);
    if (*value == '\0') {
        return fail(l, r->line, "%s has no value; allowed: %s", key->name, key->allowed);
    }
    const char *wrong = key->set(l->config, value, &culprit);
    if (wrong != NULL) {
        return fail(l, r->line, "%s: \"%.64s\" %s; allowed: %s", key->name, culprit, wrong,
                    key->allowed);
    }
    return true;
}

static bool handle_key(struct loader *l)
{
    const struct reader *r = &l->reader;
    char names[128];

    if (l->section == NULL) {
        return fail(l, r->line, "%.64s is in no section; allowed: %s before it", r->name,
                    section_names(names, sizeof names));
    }
    for (const struct schema_key *k = l->section->keys; k->name != NULL; k++) {
        if (strcmp(k->name, r->name) == 0) {
            return set_key(l, k);
        }
    }
    return fail(l, r->line, "unknown key \"%.64s\" in %s; allowed: %s", r->name, l->title,
                key_names(l->section, names, sizeof names));
}

/* The end of the file: nothing is missing? */
static bool finish(struct loader *l)
{
    if (!leave_section(l)) {
        return false;
    }
    for (size_t i = 0; i < SCHEMA_N_SECTIONS; i++) {
        const struct schema_section *s = &schema_sections[i];
        char names[128];
        if ((s->flags & REQUIRED) && l->section_lines[i] == 0) {
            unsigned int last_line = l->reader.line > 0 ? l->reader.line : 1;
            return fail(l, last_line, "section [%s%s] is missing; allowed there: %s", s->name,
                        (s->flags & NAMED) ? " NAME" : "", key_names(s, names, sizeof names));
        }
    }
    const char *wrong = schema_check(l->config);
    return wrong == NULL ||
           fail(l, l->section_lines[find_section("ovn") - schema_sections], "%s", wrong);
}

static bool read_all(struct loader *l)
{
    for (;;) {
        bool ok = false;
        switch (reader_next(&l->reader)) {
        case READER_SECTION:
            ok = enter_section(l);
            break;
        case READER_KEY:
            ok = handle_key(l);
            break;
        case READER_END:
            return finish(l);
        case READER_ERROR:
            return fail(l, l->reader.line, "%s", l->reader.error);
        }
        if (!ok) {
            return false;
        }
    }
}

bool loader_run(const char *file, const char *text, size_t length, struct icgw_config *config,
                char **error)
{
    struct loader l = {.file = file, .config = config};

    reader_init(&l.reader, text, length);
    bool ok = read_all(&l);
    *error = l.error;
    return ok;
}
