/* SPDX-License-Identifier: Apache-2.0 */

/* Flows of the same stage and priority. OVN leaves open which of them a packet meets
 * that both match (ovn-sb(5), Logical_Flow, "priority"). */

#include <string.h>

#include "model_private.h"

/* What northd puts into a stage for packets that nothing else takes comes last: a
 * route to 0.0.0.0/0 may have the same priority. Otherwise by the texts, so that a
 * database that says the same in another order changes nothing. */
int model_compare_tied(const struct lflow_code *a, const struct lflow_code *b)
{
    if (a->takes_all != b->takes_all) {
        return a->takes_all ? 1 : -1;
    }
    int order = strcmp(a->match_text, b->match_text);
    return order ? order : strcmp(a->actions_text, b->actions_text);
}
