/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CONFIG_READER_H
#define ICGW_CONFIG_READER_H

/* Takes the text of a configuration file apart into sections and keys; knows
 * nothing of what they mean.  Comments begin with ; or # at the start of a line
 * or after a blank.
 *
 * libinih would do most of this, but the distribution's build of it does not
 * tell line numbers, cuts lines at 200 bytes (a cluster of remotes is longer)
 * and takes an indented key for the continuation of the line above. */

#include <stddef.h>

#define READER_MAX_LINE 4096

enum reader_kind {
    READER_SECTION, /* [name argument] */
    READER_KEY,     /* name = value */
    READER_END,
    READER_ERROR, /* `error` says what is wrong; allowed */
};

struct reader {
    const char *next;
    const char *end;
    unsigned int line; /* number of the line that reader_next() returned, from 1 */

    /* Valid until the next reader_next(). */
    const char *name;
    const char *value; /* READER_SECTION: "" if there is no argument */
    const char *error;
    char buffer[READER_MAX_LINE + 1];
};

/* `text` stays the caller's and must live as long as the reader. */
void reader_init(struct reader *, const char *text, size_t length);
enum reader_kind reader_next(struct reader *);

#endif
