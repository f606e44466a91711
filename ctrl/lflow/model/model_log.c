/* SPDX-License-Identifier: Apache-2.0 */
#include "model_log.h"

#include <string.h>

#include "fingerprint.h"
#include "model_private.h"

uint64_t model_set_token(const char *name)
{
    return fingerprint_text(FINGERPRINT_START, name) | MODEL_TOKEN_OTHER;
}

uint64_t model_id(const struct model *m)
{
    return m->id;
}

/* Half of what is remembered makes room at once. */
static void forget(struct model_log *log, size_t n)
{
    log->from = log->versions[n - 1];
    log->n -= n;
    memmove(log->versions, &log->versions[n], log->n * sizeof log->versions[0]);
    memmove(log->tokens, &log->tokens[n], log->n * sizeof log->tokens[0]);
}

void model_note(struct model *m, uint64_t token)
{
    struct model_log *log = &m->log;
    if (log->n == MODEL_LOG_MAX) {
        forget(log, MODEL_LOG_MAX / 2);
    }
    log->versions[log->n] = m->version + 1; /* that it will have when finished */
    log->tokens[log->n++] = token;
    m->others_changed = true;
}

void model_note_everything(struct model *m)
{
    m->log.n = 0;
    m->log.from = m->version + 1;
    m->others_changed = true;
}

bool model_changes(const struct model *m, uint64_t version, const uint64_t **tokens, size_t *n)
{
    const struct model_log *log = &m->log;
    size_t first = log->n;
    while (first > 0 && log->versions[first - 1] > version) {
        first--;
    }
    *tokens = &log->tokens[first];
    *n = log->n - first;
    return version >= log->from;
}
