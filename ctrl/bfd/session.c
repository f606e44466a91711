/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <string.h>

#define MS 1000u       /* microseconds */
#define SLOW 1000000u  /* RFC 5880, 6.8.3: no faster than that while not Up */
#define MAX_MS 3600000 /* an hour: what is beyond is a typing error */

/* Shortest span over which traffic is judged: below, a pause is no sign. */
#define DECAY_MIN_MS 2000u
/* Packets within that span that still are no traffic: ARP and the like. */
#define DECAY_PACKETS 10u

static uint32_t max32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t limit_ms(uint32_t ms, uint32_t by_default)
{
    return ms == 0 ? by_default : ms > MAX_MS ? MAX_MS : ms;
}

struct bfd_timers bfd_session_timers(const struct bfd_timers *t)
{
    struct bfd_timers timers = {
        .min_rx_ms = limit_ms(t->min_rx_ms, 1000),
        .min_tx_ms = limit_ms(t->min_tx_ms, 100),
        .decay_min_rx_ms = limit_ms(t->decay_min_rx_ms, 0),
        .mult = t->mult == 0 ? 3 : t->mult,
    };
    if (timers.decay_min_rx_ms < timers.min_rx_ms) {
        timers.decay_min_rx_ms = 0; /* a decay that speeds up is none */
    }
    return timers;
}

/* xorshift32: spreads transmissions, is no secret. */
static uint32_t next_random(struct bfd_session *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 17;
    s->random ^= s->random << 5;
    return s->random;
}

uint32_t bfd_session_tx_interval(const struct bfd_session *s)
{
    return max32(s->used_tx, s->remote_min_rx);
}

uint64_t bfd_session_detect_us(const struct bfd_session *s)
{
    return (uint64_t)s->remote_mult * max32(s->used_rx, s->remote_min_tx);
}

/* RFC 5880, 6.8.7: 75 to 100 percent of the interval, to 90 if one lost packet
 * is one too many. */
static void schedule(struct bfd_session *s, int64_t now)
{
    uint64_t interval = bfd_session_tx_interval(s);
    if (s->remote_mult != 0 && s->remote_min_rx == 0) {
        s->next_tx = BFD_NEVER;
        return;
    }
    uint64_t span = interval * (s->timers.mult == 1 ? 15 : 25) / 100;
    s->next_tx = s->last_tx + (int64_t)(interval * 3 / 4 + next_random(s) % (span + 1));
    if (s->next_tx < now) {
        s->next_tx = now; /* the interval has become shorter meanwhile */
    }
}

static void schedule_detection(struct bfd_session *s, int64_t now)
{
    s->detect_at = now + (int64_t)bfd_session_detect_us(s);
}

/* Packets are to say what is wanted now.  While Up, a slower transmission and a
 * shorter detection have to wait until the peer knows (RFC 5880, 6.8.3); a poll
 * sequence under way is completed before another begins. */
static void adopt_timers(struct bfd_session *s)
{
    uint32_t tx = s->timers.min_tx_ms * MS;
    uint32_t rx = (s->decayed ? s->timers.decay_min_rx_ms : s->timers.min_rx_ms) * MS;
    bool up = s->state == BFD_UP;

    if (!up) {
        s->polling = false;
        tx = max32(tx, SLOW);
        s->used_tx = tx;
        s->used_rx = rx;
    }
    if (s->polling || (tx == s->min_tx && rx == s->min_rx)) {
        return;
    }
    s->min_tx = tx;
    s->min_rx = rx;
    s->polling = up;
    s->urgent = true;
    s->used_tx = tx < s->used_tx ? tx : s->used_tx;
    s->used_rx = max32(rx, s->used_rx);
}

static void reset_decay(struct bfd_session *s, uint64_t forwarded, int64_t now)
{
    uint32_t ms = max32(s->timers.decay_min_rx_ms, DECAY_MIN_MS);
    s->decay_packets = forwarded;
    s->decay_at =
        s->timers.decay_min_rx_ms == 0 || s->state != BFD_UP ? BFD_NEVER : now + (int64_t)ms * MS;
}

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
    reset_decay(s, s->decay_packets, now);
    adopt_timers(s);
    schedule(s, now);
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
    adopt_timers(s);
    schedule(s, now);
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
    reset_decay(s, s->decay_packets, now);
    adopt_timers(s);
    schedule(s, now);
}

void bfd_session_set_admin_down(struct bfd_session *s, bool admin_down, int64_t now)
{
    if (admin_down != (s->state == BFD_ADMIN_DOWN)) {
        set_state(s, admin_down ? BFD_ADMIN_DOWN : BFD_DOWN,
                  admin_down ? BFD_DIAG_ADMIN_DOWN : BFD_DIAG_NONE, now);
    }
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
        adopt_timers(s); /* what was changed meanwhile */
    }
    if (bfd_session_tx_interval(s) != before || (s->next_tx == BFD_NEVER) != (c->min_rx_us == 0)) {
        schedule(s, now);
    }
}

bool bfd_session_receive(struct bfd_session *s, const struct bfd_control *c, int64_t now)
{
    if (c->your_discr != 0 && c->your_discr != s->local_discr) {
        s->discarded++;
        return false;
    }
    s->rx_packets++;
    learn_remote(s, c, now);
    if (s->state != BFD_ADMIN_DOWN) {
        follow_remote_state(s, now);
    }
    schedule_detection(s, now);
    s->final_due |= c->poll;
    return true;
}

/* Traffic comes and goes: a slower heartbeat will do while there is none. */
static void run_decay(struct bfd_session *s, uint64_t forwarded, int64_t now)
{
    bool idle = forwarded - s->decay_packets <= DECAY_PACKETS;
    if (s->decayed && !idle) {
        s->decayed = false;
    } else if (now >= s->decay_at) {
        s->decayed = idle;
    } else {
        return;
    }
    reset_decay(s, forwarded, now);
    adopt_timers(s);
}

void bfd_session_run(struct bfd_session *s, uint64_t forwarded, int64_t now)
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
        run_decay(s, forwarded, now);
    } else {
        s->decay_packets = forwarded;
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
    schedule(s, now);
    return true;
}

int64_t bfd_session_deadline(const struct bfd_session *s)
{
    int64_t at = s->final_due || s->urgent ? 0 : s->next_tx;
    at = s->detect_at < at ? s->detect_at : at;
    return s->decay_at < at ? s->decay_at : at;
}
