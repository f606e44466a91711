/* SPDX-License-Identifier: Apache-2.0 */
#include "recording_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 64

struct row {
    char *words[MAX_WORDS];
    size_t n;
};

/* The word at an index, or "". */
static const char *word(const struct row *row, size_t index)
{
    return index < row->n ? row->words[index] : "";
}

static int64_t key(const struct row *row, size_t index)
{
    return strtoll(word(row, index), NULL, 0);
}

/* The value of `name=value`, or NULL. */
static const char *option(const struct row *row, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 5; i < row->n; i++) {
        if (strncmp(row->words[i], name, n) == 0 && row->words[i][n] == '=') {
            return row->words[i] + n + 1;
        }
    }
    return NULL;
}

static bool add_chassis(struct model *m, const struct row *row)
{
    struct model_chassis *chassis =
        model_add_chassis(m, word(row, 1), strcmp(word(row, 0), "remote") == 0);
    return chassis != NULL && model_add_encap(m, chassis, "geneve", word(row, 2), true, 6081);
}

static bool add_datapath(struct model *m, const struct row *row)
{
    return model_add_datapath(m, word(row, 1), word(row, 1), key(row, 2),
                              strcmp(word(row, 0), "router") == 0,
                              strcmp(word(row, 0), "transit") == 0) != NULL;
}

static bool add_port(struct model *m, const struct row *row)
{
    const char *type = word(row, 4);
    struct model_port_row port = {
        .name = word(row, 2),
        .type = strcmp(type, "vif") == 0 ? "" : type,
        .key = key(row, 3),
        .datapath = word(row, 1),
        .chassis = option(row, "chassis"),
        .peer = option(row, "peer"),
        .distributed_port = option(row, "distributed"),
        .mac = option(row, "mac"),
        .port_security = strcmp(word(row, row->n - 1), "security") == 0,
    };
    const char *additional = option(row, "additional");
    return model_add_port(m, &port) != NULL &&
           (additional == NULL || model_add_additional_chassis(m, port.name, additional, NULL));
}

/* `line` begins behind the first word. */
static bool add_flow(struct model *m, enum model_pipeline pipeline, char *line)
{
    char datapath[64], uuid[100];
    const char *datapaths = datapath;
    int table, priority, at = 0;
    char *arrow = strstr(line, " => ");
    if (arrow == NULL || sscanf(line, "%63s %d %d %n", datapath, &table, &priority, &at) != 3) {
        return false;
    }
    *arrow = '\0';
    snprintf(uuid, sizeof uuid, "%s/%d/%d", datapath, table, priority);
    struct model_flow_row row = {
        .uuid = uuid,
        .stage = "stage",
        .pipeline = pipeline,
        .table = table,
        .priority = priority,
        .match = line + at,
        .actions = arrow + 4,
    };
    return model_add_flow(m, &datapaths, 1, &row);
}

static bool add_row(struct model *m, struct row *row)
{
    const char *kind = word(row, 0);
    const char *const *words = (const char *const *)row->words;
    if (strcmp(kind, "chassis") == 0 || strcmp(kind, "remote") == 0) {
        return add_chassis(m, row);
    }
    if (strcmp(kind, "switch") == 0 || strcmp(kind, "router") == 0 ||
        strcmp(kind, "transit") == 0) {
        return add_datapath(m, row);
    }
    if (strcmp(kind, "port") == 0) {
        return add_port(m, row);
    }
    if (strcmp(kind, "group") == 0) {
        return model_add_group(m, word(row, 1), word(row, 2), key(row, 3), words + 4, row->n - 4);
    }
    if (strcmp(kind, "mac") == 0) {
        return model_add_mac_binding(m, word(row, 1), word(row, 2), word(row, 3), word(row, 4));
    }
    if (strcmp(kind, "fdb") == 0) {
        return model_add_fdb(m, key(row, 1), word(row, 2), key(row, 3));
    }
    if (strcmp(kind, "addresses") == 0) {
        return model_add_address_set(m, word(row, 1), words + 2, row->n - 2);
    }
    if (strcmp(kind, "ports") == 0) {
        return model_add_port_group(m, word(row, 1), words + 2, row->n - 2);
    }
    return false;
}

static bool add_line(struct model *m, char *line)
{
    struct row row = {.n = 0};
    if (strncmp(line, "in ", 3) == 0) {
        return add_flow(m, MODEL_INGRESS, line + 3);
    }
    if (strncmp(line, "out ", 4) == 0) {
        return add_flow(m, MODEL_EGRESS, line + 4);
    }
    line[strcspn(line, "#")] = '\0';
    for (char *save, *w = strtok_r(line, " ", &save); w != NULL && row.n < MAX_WORDS;
         w = strtok_r(NULL, " ", &save)) {
        row.words[row.n++] = w;
    }
    return row.n == 0 || add_row(m, &row);
}

struct model *zone_model_open(const char *text, struct lflow_cache *cache)
{
    struct model *m = model_create("gw1", cache);
    char *copy = strdup(text), *rest = copy, *line;
    if (copy == NULL) {
        abort();
    }
    while ((line = strsep(&rest, "\n")) != NULL) {
        line += strspn(line, " ");
        char *shown = strdup(line);
        if (!add_line(m, line)) {
            fprintf(stderr, "not taken: %s\n", shown ? shown : "");
            abort();
        }
        free(shown);
    }
    free(copy);
    return m;
}

struct model *zone_model(const char *text, struct lflow_cache *cache)
{
    struct model *m = zone_model_open(text, cache);
    model_finish(m);
    return m;
}
