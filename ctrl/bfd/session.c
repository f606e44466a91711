/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <string.h>

#include "timing.h"

static void set_state(struct bfd_session *s, enum bfd_state state, enum bfd_diag diag, int64_t now)
{
    if (s->state == state) {
        return;
    }
    s->flaps += s->state == BFD_UP;
    s->state = state;
    s->diag = diag;
    s->changed_at = now;
    s->urgent = true; /* RFC 5880, 6.8.7: sooner than the next periodic packet */
    s->decayed = false;
    bfd_timing_reset_decay(s, s->decay_packets, now);
    bfd_timing_adopt(s);
    bfd_timing_schedule(s, now);
}

void bfd_session_init(struct bfd_session *s, uint32_t discr, uint32_t seed,
                      const struct bfd_timers *timers, bool admin_down, int64_t now)
{
    memset(s, 0, sizeof *s);
    s->state = admin_down ? BFD_ADMIN_DOWN : BFD_DOWN;
    s->diag = admin_down ? BFD_DIAG_ADMIN_DOWN : BFD_DIAG_NONE;
    s->remote_state = BFD_DOWN;
    s->remote_min_rx = 1; /* RFC 5880, 6.8.1 */
    s->local_discr = discr;
    s->random = seed != 0 ? seed : 1;
    s->timers = bfd_session_timers(timers);
    s->detect_at = BFD_NEVER;
    s->decay_at = BFD_NEVER;
    s->last_tx = now;
    bfd_timing_adopt(s);
    bfd_timing_schedule(s, now);
}

void bfd_session_set_timers(struct bfd_session *s, const struct bfd_timers *timers, int64_t now)
{
    struct bfd_timers wanted = bfd_session_timers(timers);
    if (bfd_timers_equal(&wanted, &s->timers)) {
        return;
    }
    s->urgent |= wanted.mult != s->timers.mult;
    s->timers = wanted;
    s->decayed = false;
    bfd_timing_reset_decay(s, s->decay_packets, now);
    bfd_timing_adopt(s);
    bfd_timing_schedule(s, now);
}

void bfd_session_set_admin_down(struct bfd_session *s, bool admin_down, int64_t now)
{
    if (admin_down != (s->state == BFD_ADMIN_DOWN)) {
        set_state(s, admin_down ? BFD_ADMIN_DOWN : BFD_DOWN,
                  admin_down ? BFD_DIAG_ADMIN_DOWN : BFD_DIAG_NONE, now);
    }
}

void bfd_session_resume(struct bfd_session *s, uint32_t remote_discr, int64_t now)
{
    s->remote_discr = remote_discr;
    s->remote_state = BFD_UP;
    /* Until the peer has said, by a Final at the latest, what it wants. */
    s->remote_mult = 3;
    s->remote_min_tx = s->remote_min_rx = 1000000;
    set_state(s, BFD_UP, BFD_DIAG_NONE, now);
    bfd_timing_detection(s, now);
}

void bfd_session_announce(struct bfd_session *s)
{
    s->urgent = true;
}

/* RFC 5880, 6.8.6, the part with the states. */
static void follow_remote_state(struct bfd_session *s, int64_t now)
{
    enum bfd_state remote = s->remote_state;

    if (remote == BFD_ADMIN_DOWN) {
        set_state(s, BFD_DOWN, BFD_DIAG_NEIGHBOUR_DOWN, now);
    } else if (s->state == BFD_DOWN && remote == BFD_DOWN) {
        set_state(s, BFD_INIT, s->diag, now);
    } else if (s->state == BFD_DOWN && remote == BFD_INIT) {
        set_state(s, BFD_UP, s->diag, now);
    } else if (s->state == BFD_INIT && remote >= BFD_INIT) {
        set_state(s, BFD_UP, s->diag, now);
    } else if (s->state == BFD_UP && remote == BFD_DOWN) {
        set_state(s, BFD_DOWN, BFD_DIAG_NEIGHBOUR_DOWN, now);
    }
}

static void learn_remote(struct bfd_session *s, const struct bfd_control *c, int64_t now)
{
    uint32_t before = bfd_session_tx_interval(s);
    int64_t due = s->next_tx;

    s->remote_discr = c->my_discr;
    s->remote_state = c->state;
    s->remote_diag = c->diag;
    s->remote_mult = c->mult;
    s->remote_min_tx = c->min_tx_us;
    s->remote_min_rx = c->min_rx_us;
    if (c->final && s->polling) {
        s->polling = false;
        s->used_tx = s->min_tx;
        s->used_rx = s->min_rx;
        bfd_timing_adopt(s); /* what was changed meanwhile */
    }
    if (bfd_session_tx_interval(s) != before || (s->next_tx == BFD_NEVER) != (c->min_rx_us == 0)) {
        bfd_timing_schedule(s, now);
        /* A longer interval counts from the next packet on.  Open vSwitch may say that it
         * wants fewer without a poll, when ours was under way; until it hears from us
         * again it goes by the detection time that it had. */
        if (c->min_rx_us != 0 && s->next_tx > due) {
            s->next_tx = due;
        }
    }
}

/* A peer that knows nothing of us and has another discriminator than before has begun
 * anew: Open vSwitch does when ovn-controller makes a tunnel again.  Our session begins
 * anew, too, before the packet is looked at, as if we had missed the peer in time.  Else
 * the packet would only take it down, and the next one that takes it up comes after a
 * second, in which a hypervisor may have no gateway. */
static bool has_begun_anew(const struct bfd_session *s, const struct bfd_control *c)
{
    return c->state == BFD_DOWN && c->your_discr == 0 && s->remote_discr != 0 &&
           c->my_discr != s->remote_discr;
}

bool bfd_session_receive(struct bfd_session *s, const struct bfd_control *c, int64_t now)
{
    if (c->your_discr != 0 && c->your_discr != s->local_discr) {
        s->discarded++;
        return false;
    }
    s->rx_packets++;
    if ((s->state == BFD_INIT || s->state == BFD_UP) && has_begun_anew(s, c)) {
        set_state(s, BFD_DOWN, BFD_DIAG_NEIGHBOUR_DOWN, now);
    }
    learn_remote(s, c, now);
    if (s->state != BFD_ADMIN_DOWN) {
        follow_remote_state(s, now);
    }
    bfd_timing_detection(s, now);
    s->final_due |= c->poll;
    return true;
}

void bfd_session_run(struct bfd_session *s, uint64_t arrived, int64_t now)
{
    if (now >= s->detect_at) {
        s->detect_at = BFD_NEVER;
        /* RFC 5880, 6.8.1: a peer that is back may have another discriminator. */
        s->remote_discr = 0;
        if (s->state == BFD_INIT || s->state == BFD_UP) {
            set_state(s, BFD_DOWN, BFD_DIAG_TIMEOUT, now);
        }
    }
    if (s->decay_at != BFD_NEVER) {
        bfd_timing_decay(s, arrived, now);
    } else {
        s->decay_packets = arrived;
    }
}

bool bfd_session_transmit(struct bfd_session *s, struct bfd_control *c, int64_t now)
{
    if (!s->final_due && !s->urgent && now < s->next_tx) {
        return false;
    }
    *c = (struct bfd_control){
        .state = s->state,
        .diag = s->diag,
        .poll = s->polling && !s->final_due, /* never both (RFC 5880, 6.5) */
        .final = s->final_due,
        .mult = s->timers.mult,
        .my_discr = s->local_discr,
        .your_discr = s->remote_discr,
        .min_tx_us = s->min_tx,
        .min_rx_us = s->min_rx,
    };
    /* A Final tells the rest as well, but a poll of our own is still due. */
    s->urgent = s->urgent && s->final_due && s->polling;
    s->final_due = false;
    s->tx_packets++;
    s->last_tx = now;
    bfd_timing_schedule(s, now);
    return true;
}

void bfd_session_last_will(const struct bfd_session *s, struct bfd_control *c)
{
    *c = (struct bfd_control){
        .state = BFD_DOWN,
        .diag = BFD_DIAG_FORWARDING_RESET,
        .mult = s->timers.mult,
        .my_discr = s->local_discr,
        .your_discr = s->remote_discr,
        .min_tx_us = s->min_tx < BFD_SLOW_US ? BFD_SLOW_US : s->min_tx,
        .min_rx_us = s->min_rx,
    };
}

int64_t bfd_session_deadline(const struct bfd_session *s)
{
    int64_t at = s->final_due || s->urgent ? 0 : s->next_tx;
    at = s->detect_at < at ? s->detect_at : at;
    return s->decay_at < at ? s->decay_at : at;
}
