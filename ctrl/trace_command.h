/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TRACE_COMMAND_H
#define ICGW_TRACE_COMMAND_H

/* The command `trace`; with --live see trace_live.h.  Control thread. */

struct gateway;

void trace_command_register(struct gateway *);

#endif
