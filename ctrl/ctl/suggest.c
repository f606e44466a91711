/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "help.h"

#include <string.h>

#include "util.h"

#define MAX_LEN 32

/* Insertions, deletions, replacements and swaps of neighbours that make one out
 * of the other (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t d[MAX_LEN + 1][MAX_LEN + 1];
    if (n > MAX_LEN || m > MAX_LEN) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i <= n; i++) {
        for (size_t k = 0; k <= m; k++) {
            if (i == 0 || k == 0) {
                d[i][k] = i + k;
                continue;
            }
            d[i][k] =
                MIN(MIN(d[i - 1][k], d[i][k - 1]) + 1, d[i - 1][k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
                d[i][k] = MIN(d[i][k], d[i - 2][k - 2] + 1);
            }
        }
    }
    return d[n][m];
}

const char *help_suggest(const char *typed, const struct svec *candidates)
{
    const char *best = NULL;
    size_t least = strlen(typed) / 3 + 2; /* more is not a slip any more */
    for (size_t i = 0; i < candidates->n; i++) {
        const char *name = candidates->names[i];
        size_t d =
            *typed != '\0' && !strncmp(name, typed, strlen(typed)) ? 0 : distance(typed, name);
        if (d < least) {
            least = d;
            best = name;
        }
    }
    return best;
}
