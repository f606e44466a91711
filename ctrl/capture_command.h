/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CAPTURE_COMMAND_H
#define ICGW_CAPTURE_COMMAND_H

/* The command `capture`: answered when the capture has ended.  Control thread. */

struct gateway;

void capture_command_register(struct gateway *);
void capture_command_run(void);
void capture_command_wait(void);
/* Before the daemon ends: nothing is captured any more. */
void capture_command_stop(void);

#endif
