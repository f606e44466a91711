/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BFD_PRIVATE_H
#define ICGW_BFD_PRIVATE_H

/* What the two sides of ctrl/bfd/ share. */

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "table.h"

/* What the control thread wants, and has not been taken yet. */
struct bfd_orders {
    struct bfd_table *table; /* NULL: the same */
    bool has_timers;
    bool has_admin_down;
    bool admin_down;
    struct bfd_timers timers;
};

struct bfd {
    struct bfd_ops ops; /* constant */
    struct bfd_will *will;
    pthread_t thread;
    int wake;   /* control thread rings, BFD thread listens */
    int notify; /* the other way round */
    atomic_bool stop;
    atomic_bool ordered; /* there are orders; set and cleared under the mutex */

    /* The mailbox.  Each side allocates and frees its own: not even the
     * allocator makes the BFD thread wait for the control thread. */
    pthread_mutex_t mutex; /* guards the next four */
    struct bfd_orders orders;
    struct bfd_table *retired;    /* tables that the BFD thread is done with */
    struct bfd_buffer *published; /* NULL: nothing new */
    struct bfd_buffer *returned;  /* a snapshot that the control thread is done with */

    struct bfd_buffer *current; /* control thread only */

    /* BFD thread only. */
    struct bfd_table *table;
    struct bfd_table *old_tables; /* to be retired */
    struct bfd_timers timers;
    bool admin_down;
    bool notify_due;
    bool publish_due; /* at once */
    bool dirty;       /* counters changed since the last publication */
    int64_t publish_at;
    size_t n_bequeathed; /* frames in the will, those without a length among them */
    struct bfd_stats stats;
};

void *bfd_thread_main(void *bfd);

static inline void bfd_ring(int fd)
{
    ssize_t ignored = write(fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)ignored; /* full means readable: good enough */
}

/* Whether it had rung. */
static inline bool bfd_hush(int fd)
{
    uint64_t count;
    return read(fd, &count, sizeof count) == sizeof count;
}

#endif
