/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TEST_OVSDB_GATEWAY_H
#define ICGW_TEST_OVSDB_GATEWAY_H

/* A gateway in a zone with rows, and what the database has of it. */

#include "ovsdb_rows.h"
#include "ovsdb_zone.h"

/* False: there is nothing to test with, which has been said. */
static inline bool has_databases(void)
{
    if (is_installed("ovsdb-server") && is_installed("ovn-sbctl") && is_installed("ovn-ic-sbctl") &&
        !access(SCHEMAS "ovn-sb.ovsschema", R_OK) && !access(SCHEMAS "ovn-ic-sb.ovsschema", R_OK)) {
        return true;
    }
    printf("skipped: needs ovsdb-server and OVN's tools and schemas\n");
    return false;
}

static inline char *uuid_of(const struct zone *z, enum database db, const char *table,
                            const char *condition)
{
    return strdup(ctl(z, db, "--bare --columns=_uuid find %s %s", table, condition));
}

/* As northd does once the chassis of a group exist. */
static inline void make_group(const struct zone *z, int our_priority, const char *other,
                              int other_priority)
{
    char *us = uuid_of(z, SB, "Chassis", "name=gw1");
    char more[512] = "";
    if (other) {
        char condition[64];
        snprintf(condition, sizeof condition, "name=%s", other);
        char *them = uuid_of(z, SB, "Chassis", condition);
        snprintf(more, sizeof more, "-- --id=@h2 create HA_Chassis chassis=%s priority=%d", them,
                 other_priority);
        free(them);
    }
    ctl(z, SB,
        "-- --id=@h1 create HA_Chassis chassis=%s priority=%d %s"
        " -- --id=@g create HA_Chassis_Group name=g%d-%s%d ha_chassis=@h1%s"
        " -- set Port_Binding cr-lr1-ts1 ha_chassis_group=@g",
        us, our_priority, more, our_priority, other ? other : "", other_priority,
        other ? ",@h2" : "");
    free(us);
}

static inline bool row_is(const struct zone *z, enum database db, const char *table,
                          const char *condition, const char *column, const char *expected)
{
    return !strcmp(ctl(z, db, "--bare --columns=%s find %s %s", column, table, condition),
                   expected);
}

static inline bool is_registered(const struct zone *z)
{
    return ctl(z, SB, "--bare --columns=chassis find Chassis_Private name=gw1")[0] != '\0';
}

static inline bool is_claimed(const struct zone *z)
{
    struct ovsdb_status s;
    ovsdb_status(z->o, &s);
    return s.n_claimed == 1 && !strcmp(s.claimed[0], "cr-lr1-ts1");
}

static inline bool held_by(const struct zone *z, const char *chassis)
{
    char condition[64];
    snprintf(condition, sizeof condition, "name=%s", chassis);
    char *uuid = uuid_of(z, SB, "Chassis", condition);
    bool held = row_is(z, SB, "Port_Binding", "logical_port=cr-lr1-ts1", "chassis", uuid);
    free(uuid);
    return held;
}

static inline void gateway_in_charge(struct zone *z)
{
    zone_start(z);
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, is_registered(z));
    make_group(z, 10, NULL, 0);
    UNTIL(z, is_claimed(z));
}

static inline void bind_port(const struct zone *z, const char *port, const char *chassis)
{
    ctl(z, SB,
        "set Port_Binding %s chassis=$(ovn-sbctl --db=unix:%s/sb.sock --bare"
        " --columns=_uuid find Chassis name=%s)",
        port, z->dir, chassis);
}

#endif
