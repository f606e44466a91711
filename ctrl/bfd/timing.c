/* SPDX-License-Identifier: Apache-2.0 */
#include "timing.h"

#define MS 1000u       /* microseconds */
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
void bfd_timing_schedule(struct bfd_session *s, int64_t now)
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

void bfd_timing_detection(struct bfd_session *s, int64_t now)
{
    s->detect_at = now + (int64_t)bfd_session_detect_us(s);
}

/* Packets are to say what is wanted now.  While Up, a slower transmission and a
 * shorter detection have to wait until the peer knows (RFC 5880, 6.8.3); a poll
 * sequence under way is completed before another begins. */
void bfd_timing_adopt(struct bfd_session *s)
{
    uint32_t tx = s->timers.min_tx_ms * MS;
    uint32_t rx = (s->decayed ? s->timers.decay_min_rx_ms : s->timers.min_rx_ms) * MS;
    bool up = s->state == BFD_UP;

    if (!up) {
        s->polling = false;
        tx = max32(tx, BFD_SLOW_US);
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

void bfd_timing_reset_decay(struct bfd_session *s, uint64_t arrived, int64_t now)
{
    uint32_t ms = max32(s->timers.decay_min_rx_ms, DECAY_MIN_MS);
    s->decay_packets = arrived;
    s->decay_at =
        s->timers.decay_min_rx_ms == 0 || s->state != BFD_UP ? BFD_NEVER : now + (int64_t)ms * MS;
}

/* Traffic comes and goes: a slower heartbeat will do while there is none. */
void bfd_timing_decay(struct bfd_session *s, uint64_t arrived, int64_t now)
{
    bool idle = arrived - s->decay_packets <= DECAY_PACKETS;
    if (s->decayed && !idle) {
        s->decayed = false;
    } else if (now >= s->decay_at) {
        s->decayed = idle;
    } else {
        return;
    }
    bfd_timing_reset_decay(s, arrived, now);
    bfd_timing_adopt(s);
}
