/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CTL_CLIENT_H
#define ICGW_CTL_CLIENT_H

#include <stdbool.h>

struct json;

enum {
    EXIT_USAGE = 1,
    EXIT_UNREACHABLE = 1,
    EXIT_REFUSED = 2, /* the daemon answered with an error */
};

/* Sends a command with its arguments (an array of strings; taken).  Ends the
 * program with EXIT_UNREACHABLE and a message when there is no answer.  The
 * answer is the caller's to free; *refused: it is an error. */
char *client_ask(const char *target, const char *command, struct json *args, bool *refused);

#endif
