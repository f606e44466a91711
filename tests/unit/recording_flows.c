/* SPDX-License-Identifier: Apache-2.0 */

/* `ovn-sbctl lflow-list`:
 *
 * Datapath: "lr1" (UUID)  Pipeline: ingress
 *   table=0 (stage-name ), priority=120  , match=(…), action=(…)
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording_private.h"
#include "recording_table.h"

/* Text between `before` and `after` behind *p, cut out of it. */
static char *cut(char **p, const char *before, const char *after)
{
    char *start = strstr(*p, before);
    if (start == NULL) {
        return NULL;
    }
    start += strlen(before);
    char *end = strstr(start, after);
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    *p = end + strlen(after);
    return start;
}

static void add_flow(struct model *m, const char *datapath, enum model_pipeline pipeline,
                     const char *uuid, char *line)
{
    char *p = line;
    char *table = cut(&p, "table=", "(");
    char *stage = cut(&p, "", ")");
    char *priority = cut(&p, "priority=", ",");
    char *match = cut(&p, "match=(", "), action=(");
    size_t len = strlen(p);
    if (table == NULL || stage == NULL || priority == NULL || match == NULL || len == 0) {
        fprintf(stderr, "%s: no logical flow: %s\n", uuid, line);
        abort();
    }
    p[len - 1] = '\0'; /* the last parenthesis */
    stage[strcspn(stage, " ")] = '\0';
    struct model_flow_row row = {
        .uuid = uuid,
        .stage = stage,
        .pipeline = pipeline,
        .table = atoi(table),
        .priority = atoi(priority),
        .match = match,
        .actions = p,
    };
    if (!model_add_flow(m, &datapath, 1, &row)) {
        fprintf(stderr, "%s: flow of an unknown datapath\n", uuid);
        abort();
    }
}

void recording_add_flows(struct model *m, const char *path, const char *name)
{
    struct dump d = dump_read(path);
    const char *datapath = "";
    enum model_pipeline pipeline = MODEL_INGRESS;
    char uuid[64];

    for (size_t i = 0; i < d.n_lines; i++) {
        char *line = d.lines[i];
        if (strncmp(line, "Datapath:", 9) == 0) {
            datapath = cut(&line, "(", ")");
            pipeline = strstr(line, "egress") ? MODEL_EGRESS : MODEL_INGRESS;
        } else if (strncmp(line, "  table=", 8) == 0) {
            snprintf(uuid, sizeof uuid, "%s:%zu", name, i + 1);
            add_flow(m, datapath, pipeline, uuid, line);
        }
    }
    dump_free(&d);
}
