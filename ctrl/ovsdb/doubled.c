/* SPDX-License-Identifier: Apache-2.0 */

/* Addresses that chassis of this zone have in the Southbound, and gateways of other
 * zones in IC-SB.  The Southbound is the zone's own and wins: what it says is not to
 * depend on what other zones write.  A stock zone does not get such a gateway either,
 * as the Southbound takes each address once. */

#include "build_model.h"
#include "private.h"

#include <arpa/inet.h>

#include "icsb-idl.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeline.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_doubled);

/* There is more than one way to write an IPv6 address. */
static const char *canonical(const char *ip, char text[INET6_ADDRSTRLEN])
{
    struct in6_addr v6;
    return inet_pton(AF_INET6, ip, &v6) == 1 ? inet_ntop(AF_INET6, &v6, text, INET6_ADDRSTRLEN)
                                             : ip;
}

static void read_owners(struct ovsdb *o)
{
    const struct sbrec_chassis *row;
    smap_clear(&o->owners);
    SBREC_CHASSIS_FOR_EACH (row, o->sb.idl) {
        bool remote = smap_get_bool(&row->other_config, "is-remote", false);
        for (size_t i = 0; i < row->n_encaps && !remote; i++) {
            if (!strcmp(row->encaps[i]->type, "geneve")) {
                char text[INET6_ADDRSTRLEN];
                smap_replace(&o->owners, canonical(row->encaps[i]->ip, text), row->name);
            }
        }
    }
}

const char *doubled_owner(const struct ovsdb *o, const char *ip)
{
    char text[INET6_ADDRSTRLEN];
    return smap_get(&o->owners, canonical(ip, text));
}

static void list_encaps(const struct ovsdb *o, const struct icsbrec_gateway *gw, struct sset *now)
{
    for (size_t i = 0; i < gw->n_encaps; i++) {
        const char *owner = doubled_owner(o, gw->encaps[i]->ip);
        if (owner && !strcmp(gw->encaps[i]->type, "geneve")) {
            sset_add_and_free(now, xasprintf("encap address %s is gateway \"%s\"'s in IC-SB and "
                                             "chassis \"%s\"'s in the Southbound; the gateway's "
                                             "is not used",
                                             gw->encaps[i]->ip, gw->name, owner));
        }
    }
}

static void list_gateways(const struct ovsdb *o, struct sset *now)
{
    const struct icsbrec_gateway *gw;
    if (!o->zone) {
        return;
    }
    ICSBREC_GATEWAY_FOR_EACH (gw, o->ic.idl) {
        if (gw->availability_zone != o->zone) {
            list_encaps(o, gw, now);
        }
    }
}

/* What is new, and what is over. */
static void say(const struct sset *before, const struct sset *now)
{
    const char *text;
    SSET_FOR_EACH (text, now) {
        if (!sset_contains(before, text)) {
            TIMELINE_WARN("%s", text);
        }
    }
    SSET_FOR_EACH (text, before) {
        if (!sset_contains(now, text)) {
            TIMELINE_INFO("no longer: %s", text);
        }
    }
}

void doubled_follow(struct ovsdb *o)
{
    struct sset now = SSET_INITIALIZER(&now);
    read_owners(o);
    list_gateways(o, &now);
    say(&o->doubled, &now);
    sset_swap(&o->doubled, &now);
    sset_destroy(&now);
    free(o->doubled_list);
    o->doubled_list = sset_sort(&o->doubled);
}

void doubled_clear(struct ovsdb *o)
{
    smap_destroy(&o->owners);
    sset_destroy(&o->doubled);
    free(o->doubled_list);
}
