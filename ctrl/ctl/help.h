/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CTL_HELP_H
#define ICGW_CTL_HELP_H

#include <stdbool.h>
#include <stddef.h>

#include "svec.h"

#define CTL_DEFAULT_TARGET "/run/ovnic-gw/ovnic-gw.ctl"

/* What ovnic-gw-ctl says about a command.  The commands themselves are the
 * daemon's, but for those that are said to be local. */
struct help {
    const char *name;
    const char *args;    /* "" without */
    const char *summary; /* one line */
    const char *more;    /* paragraphs and examples; "" without */
};

/* NULL: a command that only the daemon knows. */
const struct help *help_find(const char *name);
/* The i-th command; NULL at the end. */
const struct help *help_at(size_t i);

void help_print(void);
void help_print_command(const struct help *);

/* The candidate that was most probably meant, or NULL when none is near. */
const char *help_suggest(const char *typed, const struct svec *candidates);

#endif
