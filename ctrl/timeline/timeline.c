/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "timeline.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "timeval.h"
#include "util.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static struct timeline_entry ring[TIMELINE_KEPT];
static size_t said;

void timeline_say(const struct vlog_module *module, enum vlog_level level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vlog_valist(module, level, format, args);
    va_end(args);

    pthread_mutex_lock(&mutex);
    struct timeline_entry *entry = &ring[said++ % TIMELINE_KEPT];
    entry->at = time_wall_msec();
    entry->level = level;
    entry->module = vlog_get_module_name(module);
    va_start(args, format);
    vsnprintf(entry->text, sizeof entry->text, format, args);
    va_end(args);
    pthread_mutex_unlock(&mutex);
}

size_t timeline_newest(struct timeline_entry *entries, size_t max)
{
    pthread_mutex_lock(&mutex);
    size_t n = MIN(MIN(max, said), (size_t)TIMELINE_KEPT);
    for (size_t i = 0; i < n; i++) {
        entries[i] = ring[(said - n + i) % TIMELINE_KEPT];
    }
    pthread_mutex_unlock(&mutex);
    return n;
}
