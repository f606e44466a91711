/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CTL_LIVE_H
#define ICGW_CTL_LIVE_H

struct json;

/* `trace --live`: prints packets as the daemon hands them out.  Takes the arguments;
 * returns the exit status. */
int live_trace(const char *target, struct json *args);

#endif
