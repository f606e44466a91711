/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "service.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-daemon.h>

#include "openvswitch/poll-loop.h"
#include "timeval.h"

void service_ready(const char *status)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void service_stopping(void)
{
    sd_notify(0, "STOPPING=1\nSTATUS=handing over to other gateways");
}

/* Milliseconds between two messages, half of what systemd allows, as
 * sd_watchdog_enabled(3) advises; 0 without a watchdog. */
static long long int interval(void)
{
    static long long int ms = -1;
    if (ms < 0) {
        uint64_t us = 0;
        ms = sd_watchdog_enabled(0, &us) > 0 ? (long long int)(us / 2000) : 0;
    }
    return ms;
}

void service_alive(void)
{
    static long long int next;
    if (interval() == 0) {
        return;
    }
    if (time_msec() >= next) {
        sd_notify(0, "WATCHDOG=1");
        next = time_msec() + interval();
    }
    poll_timer_wait_until(next);
}
