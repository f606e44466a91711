/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_PACKETS_H
#define CTL_PACKETS_H

/* A packet of a capture file as an argument of `trace`: the daemon has no business to
 * open the files of who asks. */

struct svec;

/* Puts the frame in place of `trace --pcap FILE --packet N`; ends the program, with a message, when
 * a file is no capture or has no such packet. */
void packets_rewrite(const char *command, struct svec *args);

#endif
