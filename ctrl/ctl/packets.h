/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_PACKETS_H
#define CTL_PACKETS_H

/* Arguments of `trace` and `capture` that mean something to who types them: files
 * by relative paths, and captures that the daemon has no business to open. */

struct svec;

/* Rewrites the command's arguments; ends the program, with a message, when a file is
 * no capture or has no such packet. */
void packets_rewrite(const char *command, struct svec *args);

#endif
