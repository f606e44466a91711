/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SIGNALS_H
#define ICGW_SIGNALS_H

/* Signals as events of the main loop.  Control thread only. */

enum signal_event {
    SIGNAL_EXIT = 1 << 0,   /* SIGTERM, SIGINT */
    SIGNAL_RELOAD = 1 << 1, /* SIGHUP */
};

/* Before the library sets its own handlers, which would end the process at once. */
void signals_catch(void);
/* Readable when there is an event. */
int signals_fd(void);
/* Bits of enum signal_event: what has arrived since the last call. */
unsigned int signals_take(void);

#endif
