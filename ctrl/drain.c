/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "drain.h"

#include "ovsdb.h"
#include "timeline.h"
#include "timeval.h"

VLOG_DEFINE_THIS_MODULE(drain);

/* How often to look whether packets still arrive. */
#define LOOK_MS 100

const char *drain_state_name(enum drain_state state)
{
    static const char *const names[] = {
        [DRAIN_OFF] = "off",
        [DRAIN_HANDING_OVER] = "handing_over",
        [DRAIN_FORWARDING] = "forwarding",
        [DRAIN_DONE] = "drained",
    };
    return names[state];
}

bool drain_change(struct drain *d, struct ovsdb *ovsdb, enum drain_reason reason, bool on)
{
    unsigned int before = d->reasons;
    d->reasons = on ? before | (unsigned int)reason : before & ~(unsigned int)reason;
    if (!before == !d->reasons) {
        return false;
    }
    *d = (struct drain){
        .reasons = d->reasons,
        .arrived = d->arrived,
        .arrived_at = time_msec(),
        .state = on ? DRAIN_HANDING_OVER : DRAIN_OFF,
    };
    TIMELINE_INFO("%s", on ? "draining: handing over what others can hold" : "taking part again");
    ovsdb_set_draining(ovsdb, on);
    return true;
}

static void enter(struct drain *d, enum drain_state state)
{
    if (d->state == state) {
        return;
    }
    d->state = state;
    switch (state) {
    case DRAIN_FORWARDING:
        TIMELINE_INFO("draining: %s, forwarding what still arrives",
                      d->n_heirless > 0 ? "nobody can take over the rest" : "all is handed over");
        break;
    case DRAIN_DONE:
        TIMELINE_INFO("drained: nothing has arrived for %d ms", DRAIN_QUIET_MS);
        break;
    case DRAIN_OFF:
    case DRAIN_HANDING_OVER:
        break;
    }
}

void drain_run(struct drain *d, const struct ovsdb *ovsdb, uint64_t arrived, int64_t now)
{
    struct ovsdb_status status;
    const char *const *names;
    size_t n_peers;

    if (d->reasons == 0) {
        return;
    }
    if (arrived != d->arrived) {
        d->arrived = arrived;
        d->arrived_at = now;
    }
    ovsdb_status(ovsdb, &status);
    d->n_heirless = status.n_heirless;
    d->alone = !ovsdb_bfd_peers(ovsdb, &names, &n_peers) || n_peers == 0;
    d->has_heirs = status.n_claimed == 0 || status.n_claimed > status.n_heirless;
    if (status.n_claimed > status.n_heirless) {
        d->handed_at = now;
        enter(d, DRAIN_HANDING_OVER);
    } else {
        enter(d, now - d->arrived_at < DRAIN_QUIET_MS ? DRAIN_FORWARDING : DRAIN_DONE);
    }
    d->followed = now >= d->handed_at + DRAIN_QUIET_MS;
}

int64_t drain_wakeup(const struct drain *d)
{
    return d->reasons != 0 ? time_msec() + LOOK_MS : INT64_MAX;
}

bool drain_finished(const struct drain *d)
{
    return d->alone || d->state == DRAIN_DONE ||
           (d->state == DRAIN_FORWARDING && d->n_heirless > 0 && d->followed);
}
