/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TRACE_LIVE_H
#define ICGW_TRACE_LIVE_H

/* `trace --live`: packets as they pass, each with what a worker decided.  Control
 * thread.
 *
 * With --stream the answer comes in parts, {"text": …, "session": N}: the client asks
 * `trace/live-next N` for the next one, until there is no session.  One that does not ask
 * for some seconds has gone, and that ends it.  Without, all is answered at the end. */

struct gateway;
struct unixctl_conn;

void trace_live_command(struct unixctl_conn *, int argc, const char *argv[],
                        const struct gateway *);
void trace_live_next(struct unixctl_conn *, int argc, const char *argv[], void *aux);
void trace_live_run(void);
void trace_live_wait(void);
/* Before the daemon ends. */
void trace_live_stop(void);

#endif
