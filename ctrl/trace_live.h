/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TRACE_LIVE_H
#define ICGW_TRACE_LIVE_H

/* `trace --live`: packets as they pass, each with what a worker decided.  Answered
 * when there have been enough, or the time is over.  Control thread. */

struct gateway;
struct unixctl_conn;

void trace_live_command(struct unixctl_conn *, int argc, const char *argv[],
                        const struct gateway *);
void trace_live_run(void);
void trace_live_wait(void);
/* Before the daemon ends. */
void trace_live_stop(void);

#endif
