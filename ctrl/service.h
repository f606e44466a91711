/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SERVICE_H
#define ICGW_SERVICE_H

/* What systemd is told of the daemon, see sd_notify(3). Does nothing when systemd
 * did not start it. Control thread only. */

/* Forwards, or will as soon as the databases have answered. `status` is shown by
 * `systemctl status`. */
void service_ready(const char *status);

/* On the way out, which takes as long as the hand-over. */
void service_stopping(void);

/* Once a turn of the main loop: the control thread is not stuck. Wakes the loop in
 * time for the next one. */
void service_alive(void);

#endif
