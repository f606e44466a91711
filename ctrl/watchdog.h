/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_WATCHDOG_H
#define ICGW_WATCHDOG_H

/* Says when the control thread does not come round: elections, claims and new
 * tables wait for it then, while the workers and BFD go on. */

#include <stdbool.h>
#include <stdint.h>

struct watchdog;

/* `say` is called by the watchdog's own thread: once when one turn has lasted
 * for `limit_ms`, and once when it has ended.  NULL with errno. */
struct watchdog *watchdog_create(int64_t limit_ms, void (*say)(bool stuck, int64_t ms));
void watchdog_destroy(struct watchdog *);

/* The control thread begins a turn, or goes to sleep. */
void watchdog_busy(struct watchdog *);
void watchdog_idle(struct watchdog *);

#endif
