/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TIMELINE_H
#define ICGW_TIMELINE_H

/* Changes of state that an operator wants to see in the order in which they
 * happened: claims, BFD, databases, links, tables, drain.  Each is one line of
 * the log, and the newest ones are kept for `ovnic-gw-ctl log`.  Any thread;
 * never per packet. */

#include <stddef.h>
#include <stdint.h>

#include "openvswitch/compiler.h"
#include "openvswitch/vlog.h"

#define TIMELINE_KEPT 512
#define TIMELINE_TEXT 240 /* longer ones are cut, here but not in the log */

struct timeline_entry {
    int64_t at; /* ms since the epoch */
    enum vlog_level level;
    const char *module;
    char text[TIMELINE_TEXT];
};

/* In place of VLOG_INFO and VLOG_WARN, in files with VLOG_DEFINE_THIS_MODULE. */
#define TIMELINE_INFO(...) timeline_say(&this_module, VLL_INFO, __VA_ARGS__)
#define TIMELINE_WARN(...) timeline_say(&this_module, VLL_WARN, __VA_ARGS__)
#define TIMELINE_ERR(...) timeline_say(&this_module, VLL_ERR, __VA_ARGS__)

void timeline_say(const struct vlog_module *, enum vlog_level, const char *format, ...)
    OVS_PRINTF_FORMAT(3, 4);

/* Copies the newest `max` entries, oldest first; returns how many there are. */
size_t timeline_newest(struct timeline_entry *, size_t max);

#endif
