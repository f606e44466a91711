/* SPDX-License-Identifier: Apache-2.0 */
#include "model_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model_private.h"

/* A line, taken apart. */
struct line {
    char kind;
    char **fields; /* NULL: no text */
    size_t n;
};

/* Undoes what put() of model_save.c does. */
static bool unescape(char *text)
{
    char *to = text;
    for (; *text != '\0'; text++) {
        if (*text != '\\') {
            *to++ = *text;
        } else if (*++text == 't') {
            *to++ = '\t';
        } else if (*text == 'n') {
            *to++ = '\n';
        } else if (*text == '\\') {
            *to++ = '\\';
        } else {
            return false;
        }
    }
    *to = '\0';
    return true;
}

static bool take_apart(char *text, struct line *line)
{
    line->kind = *text;
    line->n = 0;
    if (*text == '\0' || (text[1] != '\t' && text[1] != '\0')) {
        return false;
    }
    for (char *tab = text[1] != '\0' ? text + 1 : NULL; tab != NULL;) {
        char *field = tab + 1;
        tab = strchr(field, '\t');
        if (tab != NULL) {
            *tab = '\0';
        }
        char **slot = model_grow(&line->fields, &line->n, sizeof *slot);
        *slot = strcmp(field, "\\-") == 0 ? NULL : field;
        if (*slot != NULL && !unescape(*slot)) {
            return false;
        }
    }
    return true;
}

static const char *const *texts(const struct line *line, size_t from)
{
    return (const char *const *)&line->fields[from];
}

static bool number(const struct line *line, size_t i, int64_t *n)
{
    char *end;
    if (line->fields[i] == NULL) {
        return false;
    }
    errno = 0;
    *n = strtoll(line->fields[i], &end, 10);
    return errno == 0 && end != line->fields[i] && *end == '\0';
}

/* All fields from `from` on, but for `optional` ones, have a text. */
static bool complete(const struct line *line, size_t least, unsigned int optional)
{
    for (size_t i = 0; i < line->n; i++) {
        if (line->fields[i] == NULL && (i >= 32 || (optional >> i & 1) == 0)) {
            return false;
        }
    }
    return line->n >= least;
}

static bool load_chassis(struct model *m, const struct line *line, struct model_chassis **chassis)
{
    int64_t a, b;
    if (line->kind == 'C') {
        return complete(line, 2, 0) && number(line, 1, &a) &&
               (*chassis = model_add_chassis(m, line->fields[0], a != 0)) != NULL;
    }
    return *chassis != NULL && complete(line, 3, 0) && number(line, 1, &a) && number(line, 2, &b) &&
           b > 0 && b <= UINT16_MAX &&
           model_add_encap(m, *chassis, "geneve", line->fields[0], a != 0, (uint16_t)b);
}

static bool load_datapath(struct model *m, const struct line *line)
{
    int64_t key, router, transit;
    return complete(line, 5, 0) && number(line, 2, &key) && number(line, 3, &router) &&
           number(line, 4, &transit) &&
           model_add_datapath(m, line->fields[0], line->fields[1], key, router != 0,
                              transit != 0) != NULL;
}

static bool load_port(struct model *m, const struct line *line)
{
    int64_t key, port_security, resident;
    if (!complete(line, 11, 0x1f0) || !number(line, 2, &key) || !number(line, 9, &port_security) ||
        !number(line, 10, &resident)) {
        return false;
    }
    struct model_port_row row = {
        .name = line->fields[0],
        .type = line->fields[1],
        .key = key,
        .datapath = line->fields[3],
        .chassis = line->fields[4],
        .encap_ip = line->fields[5],
        .peer = line->fields[6],
        .distributed_port = line->fields[7],
        .mac = line->fields[8],
        .port_security = port_security != 0,
        .standby = resident != 0,
    };
    return model_add_port(m, &row) != NULL;
}

static bool load_flow(struct model *m, const struct line *line)
{
    int64_t egress, table, priority;
    if (!complete(line, 8, 0) || !number(line, 2, &egress) || !number(line, 3, &table) ||
        !number(line, 4, &priority)) {
        return false;
    }
    struct model_flow_row row = {
        .uuid = line->fields[0],
        .stage = line->fields[1],
        .pipeline = egress != 0 ? MODEL_EGRESS : MODEL_INGRESS,
        .table = table,
        .priority = priority,
        .match = line->fields[5],
        .actions = line->fields[6],
    };
    return model_add_flow(m, texts(line, 7), line->n - 7, &row);
}

static bool load_line(struct model *m, const struct line *line, struct model_chassis **chassis)
{
    int64_t a, b;
    switch (line->kind) {
    case 'C':
    case 'E':
        return load_chassis(m, line, chassis);
    case 'D':
        return load_datapath(m, line);
    case 'P':
        return load_port(m, line);
    case 'B':
        return complete(line, 3, 0x4) &&
               model_add_additional_chassis(m, line->fields[0], line->fields[1], line->fields[2]);
    case 'G':
        return complete(line, 3, 0) && number(line, 2, &a) &&
               model_add_group(m, line->fields[0], line->fields[1], a, texts(line, 3), line->n - 3);
    case 'M':
        return complete(line, 4, 0) && model_add_mac_binding(m, line->fields[0], line->fields[1],
                                                             line->fields[2], line->fields[3]);
    case 'F':
        return complete(line, 3, 0) && number(line, 0, &a) && number(line, 2, &b) &&
               model_add_fdb(m, a, line->fields[1], b);
    case 'A':
        return complete(line, 1, 0) &&
               model_add_address_set(m, line->fields[0], texts(line, 1), line->n - 1);
    case 'R':
        return complete(line, 1, 0) &&
               model_add_port_group(m, line->fields[0], texts(line, 1), line->n - 1);
    case 'L':
        return load_flow(m, line);
    default:
        return false;
    }
}

bool model_load(struct model *m, char *text)
{
    struct model_chassis *chassis = NULL;
    struct line line = {.fields = NULL};
    bool ok = true;
    while (ok && *text != '\0') {
        char *end = strchr(text, '\n');
        ok = end != NULL;
        if (ok) {
            *end = '\0';
            ok = take_apart(text, &line) && load_line(m, &line, &chassis);
            text = end + 1;
        }
        free(line.fields);
        line.fields = NULL;
    }
    return ok;
}
