/* SPDX-License-Identifier: Apache-2.0 */

/* The control thread's side. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "private.h"

static void leave_orders(struct bfd *bfd)
{
    atomic_store(&bfd->ordered, true);
    pthread_mutex_unlock(&bfd->mutex);
    bfd_ring(bfd->wake);
}

void bfd_set_sessions(struct bfd *bfd, const struct bfd_session_config *configs, size_t n)
{
    struct bfd_table *table = bfd_table_create(configs, n);
    if (table == NULL) {
        return; /* the sessions that there are go on */
    }
    pthread_mutex_lock(&bfd->mutex);
    struct bfd_table *skipped = bfd->orders.table, *retired = bfd->retired;
    bfd->orders.table = table;
    bfd->retired = NULL;
    leave_orders(bfd);
    bfd_table_free(skipped);
    bfd_table_free(retired);
}

void bfd_set_timers(struct bfd *bfd, const struct bfd_timers *timers)
{
    pthread_mutex_lock(&bfd->mutex);
    bfd->orders.timers = *timers;
    bfd->orders.has_timers = true;
    leave_orders(bfd);
}

void bfd_set_admin_down(struct bfd *bfd, bool admin_down)
{
    pthread_mutex_lock(&bfd->mutex);
    bfd->orders.admin_down = admin_down;
    bfd->orders.has_admin_down = true;
    leave_orders(bfd);
}

const struct bfd_snapshot *bfd_peers(struct bfd *bfd)
{
    static const struct bfd_snapshot none;

    pthread_mutex_lock(&bfd->mutex);
    if (bfd->published != NULL) {
        /* Nothing is in `returned`: publishing took it. */
        bfd->returned = bfd->current;
        bfd->current = bfd->published;
        bfd->published = NULL;
    }
    struct bfd_table *retired = bfd->retired;
    bfd->retired = NULL;
    pthread_mutex_unlock(&bfd->mutex);
    bfd_table_free(retired);
    return bfd->current != NULL ? &bfd->current->snapshot : &none;
}

int bfd_fd(const struct bfd *bfd)
{
    return bfd->notify;
}

bool bfd_changed(struct bfd *bfd)
{
    return bfd_hush(bfd->notify);
}

/* Signals are the control thread's. */
static int start_thread(struct bfd *bfd)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&bfd->thread, NULL, bfd_thread_main, bfd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void destroy(struct bfd *bfd)
{
    if (bfd->wake >= 0) {
        close(bfd->wake);
    }
    if (bfd->notify >= 0) {
        close(bfd->notify);
    }
    pthread_mutex_destroy(&bfd->mutex);
    bfd_table_free(bfd->table);
    bfd_table_free(bfd->old_tables);
    bfd_table_free(bfd->retired);
    bfd_table_free(bfd->orders.table);
    free(bfd->published);
    free(bfd->returned);
    free(bfd->current);
    free(bfd);
}

struct bfd *bfd_create(const struct bfd_ops *ops, struct bfd_will *will)
{
    struct bfd *bfd = calloc(1, sizeof *bfd);
    if (bfd == NULL) {
        return NULL;
    }
    bfd->ops = *ops;
    bfd->will = will;
    pthread_mutex_init(&bfd->mutex, NULL);
    bfd->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bfd->notify = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bfd->table = bfd_table_create(NULL, 0);
    int error = bfd->table == NULL || bfd->wake < 0 || bfd->notify < 0 ? errno : start_thread(bfd);
    if (error != 0) {
        destroy(bfd);
        errno = error;
        return NULL;
    }
    return bfd;
}

void bfd_destroy(struct bfd *bfd)
{
    if (bfd == NULL) {
        return;
    }
    atomic_store(&bfd->stop, true);
    bfd_ring(bfd->wake);
    pthread_join(bfd->thread, NULL);
    destroy(bfd);
}
