/* SPDX-License-Identifier: Apache-2.0 */

/* The thread.  It asks, never waits: neither for the control thread nor for
 * workers. */

#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "private.h"
#include "will.h"

/* Frames before sessions get their turn: more than all peers send meanwhile,
 * less than would delay a transmission noticeably. */
#define RX_BATCH 512
#define PUBLISH_US 250000 /* counters alone */
#define RETRY_US 1000     /* after the control thread was found with the mutex */
#define NICE (-10)        /* ahead of interpreter and databases on a shared CPU */

static int64_t now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void obey(struct bfd *bfd, struct bfd_orders *orders, int64_t now)
{
    if (orders->has_timers) {
        bfd->timers = orders->timers;
    }
    if (orders->has_admin_down) {
        bfd->admin_down = orders->admin_down;
        bfd->publish_due = true;
    }
    if (orders->table != NULL) {
        struct bfd_table *old = bfd->table;
        bfd_table_inherit(orders->table, old, &bfd->timers, bfd->admin_down, now);
        /* Whoever is a peer again may not know that it is up. */
        bfd->notify_due = true;
        bfd->table = orders->table;
        bfd->publish_due = true;
        old->next = bfd->old_tables;
        bfd->old_tables = old;
    }
    for (size_t i = 0; i < bfd->table->n; i++) {
        struct bfd_session *s = &bfd->table->entries[i].session;
        bfd_session_set_timers(s, &bfd->timers, now);
        bfd_session_set_admin_down(s, bfd->admin_down, now);
    }
}

static void take_orders(struct bfd *bfd, int64_t now)
{
    if (!atomic_load(&bfd->ordered) || pthread_mutex_trylock(&bfd->mutex) != 0) {
        return;
    }
    struct bfd_orders orders = bfd->orders;
    memset(&bfd->orders, 0, sizeof bfd->orders);
    atomic_store(&bfd->ordered, false);
    pthread_mutex_unlock(&bfd->mutex);
    obey(bfd, &orders, now);
}

static void receive(struct bfd *bfd, int64_t now)
{
    uint8_t frame[BFD_FRAME_MAX];
    const struct bfd_table *t = bfd->table;
    uint16_t len;

    for (int i = 0; i < RX_BATCH && (len = bfd->ops.receive(frame, sizeof frame)) > 0; i++) {
        struct bfd_arrival a;
        bool addressed;
        bool good = bfd_frame_parse(frame, len, t->locals, t->n_locals, &a, &addressed);
        struct bfd_entry *e = addressed ? bfd_table_find(t, &a.dst, &a.src) : NULL;
        if (e == NULL) {
            bfd->stats.unexpected++;
        } else if (!good || !bfd_session_receive(&e->session, &a.control, now)) {
            bfd->stats.discarded++;
            e->session.discarded += !good;
        } else {
            bfd->stats.rx_packets++;
            bfd->publish_due |= e->session.rx_packets == 1; /* see follow() of status.c */
        }
        bfd->dirty = true;
    }
}

static void send_due(struct bfd *bfd, struct bfd_entry *e, int64_t now)
{
    struct bfd_control control;
    uint8_t frame[BFD_FRAME_MAX];
    int64_t due = e->session.next_tx;

    while (bfd_session_transmit(&e->session, &control, now)) {
        if (!e->tunnel.resolved) {
            continue;
        }
        uint16_t len = bfd_frame_build(frame, &e->tunnel, &e->source, &control);
        if (!bfd->ops.transmit(e->tunnel.port, frame, len)) {
            bfd->stats.tx_failed++;
            continue;
        }
        if (now > due && (uint64_t)(now - due) > bfd->stats.max_late_us) {
            bfd->stats.max_late_us = (uint64_t)(now - due);
        }
        due = now;
        e->sent++;
        bfd->stats.tx_packets++;
        bfd->dirty = true;
    }
}

/* Returns when to come back. */
static int64_t run_sessions(struct bfd *bfd, int64_t now)
{
    int64_t next = BFD_NEVER;

    for (size_t i = 0; i < bfd->table->n; i++) {
        struct bfd_entry *e = &bfd->table->entries[i];
        bfd_session_run(&e->session, bfd->ops.arrived ? bfd->ops.arrived(e->account) : 0, now);
        send_due(bfd, e, now);
        bfd->publish_due |= e->session.state != e->published;
        int64_t at = bfd_session_deadline(&e->session);
        next = at < next ? at : next;
    }
    return next;
}

/* What peers of sessions that are up are told should we die now. */
static void bequeath(struct bfd *bfd)
{
    const struct bfd_table *t = bfd->table;

    for (size_t i = 0; i < t->n || i < bfd->n_bequeathed; i++) {
        const struct bfd_entry *e = i < t->n ? &t->entries[i] : NULL;
        uint8_t frame[BFD_FRAME_MAX];
        uint16_t len = 0;
        if (e != NULL && e->session.state == BFD_UP && e->tunnel.resolved) {
            struct bfd_control control;
            bfd_session_last_will(&e->session, &control);
            len = bfd_frame_build(frame, &e->tunnel, &e->source, &control);
        }
        bfd_will_set(bfd->will, i, len > 0 ? e->tunnel.port : 0, frame, len);
    }
    bfd->n_bequeathed = t->n;
}

static bool publish_locked(struct bfd *bfd, int64_t now, bool *changed)
{
    struct bfd_buffer **spare = bfd->published != NULL ? &bfd->published : &bfd->returned;
    struct bfd_buffer *buffer = *spare;

    *spare = NULL;
    bool ok = bfd_table_snapshot(bfd->table, &bfd->stats, bfd->admin_down, now, &buffer, changed);
    *(ok ? &bfd->published : spare) = buffer;
    if (bfd->old_tables != NULL && bfd->retired == NULL) {
        bfd->retired = bfd->old_tables;
        bfd->old_tables = NULL;
    }
    return ok;
}

/* The control thread gets to know; returns when to try again. */
static int64_t publish(struct bfd *bfd, int64_t now)
{
    bool changed;

    if (!bfd->publish_due && (!bfd->dirty || now < bfd->publish_at)) {
        return bfd->dirty ? bfd->publish_at : BFD_NEVER;
    }
    if (bfd->will != NULL) {
        bequeath(bfd);
    }
    if (pthread_mutex_trylock(&bfd->mutex) != 0) {
        return now + RETRY_US;
    }
    bool ok = publish_locked(bfd, now, &changed);
    pthread_mutex_unlock(&bfd->mutex);
    if (!ok) {
        return now + PUBLISH_US;
    }
    if (changed || bfd->notify_due) {
        bfd_ring(bfd->notify);
    }
    bfd->notify_due = bfd->publish_due = bfd->dirty = false;
    bfd->publish_at = now + PUBLISH_US;
    return BFD_NEVER;
}

static void sleep_until(const struct bfd *bfd, int64_t when)
{
    struct pollfd fds[2] = {
        {.fd = bfd->wake, .events = POLLIN},
        {.fd = bfd->ops.receive_fd(), .events = POLLIN}, /* poll() skips -1 */
    };
    int64_t left = when - now_us();
    struct timespec ts = {0};

    if (left > 0) {
        ts.tv_sec = left / 1000000;
        ts.tv_nsec = left % 1000000 * 1000;
    }
    ppoll(fds, 2, when == BFD_NEVER ? NULL : &ts, NULL);
    bfd_hush(bfd->wake);
}

void *bfd_thread_main(void *arg)
{
    struct bfd *bfd = arg;

    prctl(PR_SET_NAME, "bfd");
    prctl(PR_SET_TIMERSLACK, 1);
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* not allowed: then without */
    while (!atomic_load(&bfd->stop)) {
        int64_t now = now_us();
        take_orders(bfd, now);
        /* What has arrived counts, however late this thread comes to look. */
        receive(bfd, now);
        int64_t next = run_sessions(bfd, now);
        int64_t again = publish(bfd, now);
        next = again < next ? again : next;
        if (atomic_load(&bfd->ordered) && now + RETRY_US < next) {
            next = now + RETRY_US;
        }
        sleep_until(bfd, next);
    }
    return NULL;
}
