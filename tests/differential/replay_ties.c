/* SPDX-License-Identifier: Apache-2.0 */

/* Flows of the same priority that match the same packet: OVN leaves open which one
 * counts, so that a stock gateway may do what ovnic-gw does with another order. */

#include "fingerprint.h"
#include "lflow.h"
#include "replay.h"

unsigned int replay_ties;

int __real_model_compare_tied(const struct lflow_code *a, const struct lflow_code *b);
int __wrap_model_compare_tied(const struct lflow_code *a, const struct lflow_code *b);

static uint64_t place(const struct lflow_code *code)
{
    uint64_t h =
        fingerprint_bytes(FINGERPRINT_START, &(unsigned int){replay_ties / 2}, sizeof replay_ties);
    return fingerprint_text(fingerprint_text(h, code->match_text), code->actions_text);
}

/* Each odd number is the opposite of the even one before: one of them has a pair the
 * other way round. 0 and 1 are ovnic-gw's own order, the others are at random. */
int __wrap_model_compare_tied(const struct lflow_code *a, const struct lflow_code *b)
{
    int order = __real_model_compare_tied(a, b);
    if (replay_ties > 1) {
        uint64_t x = place(a), y = place(b);
        order = x < y ? -1 : x > y;
    }
    return replay_ties % 2 ? -order : order;
}
