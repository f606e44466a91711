/* SPDX-License-Identifier: Apache-2.0 */

/* When not to believe the Southbound.
 *
 * A database that has been emptied and is being filled again, and rows of ours
 * that someone has deleted by mistake, must not stop the traffic.  What was
 * known goes on until as much is there as before, or for HOLD_MS: then it was
 * meant. */

#include "private.h"

#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeline.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_hold);

/* northd writes its rows again, every chassis its own. */
#define HOLD_MS 10000

static struct census take_census(const struct ovsdb *o, const struct sbrec_chassis *us)
{
    struct census c = {.datapaths = o->datapaths.n, .flows = hmap_count(&o->flows.rows)};
    const struct sbrec_port_binding *pb;
    SBREC_PORT_BINDING_FOR_EACH (pb, o->sb.idl) {
        if (pb->chassis && pb->chassis != us && datapaths_find(&o->datapaths, pb->datapath)) {
            *(!strcmp(pb->type, "remote") ? &c.remote : &c.local) += 1;
        }
    }
    return c;
}

/* Whether there is any port of the kind; mostly among the first that one looks at. */
static bool any_bound(const struct ovsdb *o, const struct sbrec_chassis *us, bool remote)
{
    const struct sbrec_port_binding *pb;
    SBREC_PORT_BINDING_FOR_EACH (pb, o->sb.idl) {
        if (pb->chassis && pb->chassis != us && !strcmp(pb->type, "remote") == remote &&
            datapaths_find(&o->datapaths, pb->datapath)) {
            return true;
        }
    }
    return false;
}

/* Something that there was any of is gone altogether. */
static bool is_emptied(const struct ovsdb *o, const struct sbrec_chassis *us)
{
    const struct census *before = &o->believed;
    return (before->datapaths && !o->datapaths.n) || (before->remote && !any_bound(o, us, true)) ||
           (before->local && !any_bound(o, us, false));
}

static bool is_refilled(const struct ovsdb *o, const struct sbrec_chassis *us)
{
    const struct census *before = &o->believed;
    const struct census now = take_census(o, us);
    return now.datapaths >= before->datapaths && now.remote >= before->remote &&
           now.local >= before->local && now.flows >= before->flows;
}

static void begin(struct hold *h, const char *why)
{
    if (!h->on) {
        TIMELINE_WARN("Southbound: %s; forwarding as before for now", why);
        h->on = true;
    }
}

static void end(struct hold *h, bool refilled)
{
    if (h->on) {
        TIMELINE_INFO("Southbound: %s", refilled ? "complete again" : "believed as it is");
        h->on = false;
    }
}

bool hold_check(struct ovsdb *o)
{
    struct hold *h = &o->hold;
    long long now = time_msec();
    const struct sbrec_chassis *us = sb_our_chassis(o);

    if (!us) {
        /* Before there was one, groups that name us are to be prepared for.  When it
         * has gone, someone may have emptied the rest as well. */
        if (h->registered) {
            begin(h, "our chassis is gone");
        }
        h->until = now + HOLD_MS;
        return h->registered;
    }
    h->registered = true;
    if (h->seqno == o->seqno && h->answered == o->answered && (!h->on || now < h->until)) {
        return h->on;
    }
    h->seqno = o->seqno;
    h->answered = o->answered;
    if (!h->on && o->changes.lost && is_emptied(o, us)) {
        begin(h, "emptied");
        h->until = now + HOLD_MS;
    }
    o->changes.lost = false;
    if (h->on && (now >= h->until || (o->answered && is_refilled(o, us)))) {
        end(h, now < h->until);
    }
    return h->on;
}
