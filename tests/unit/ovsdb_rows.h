/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TEST_OVSDB_ROWS_H
#define ICGW_TEST_OVSDB_ROWS_H

/* The zone of test_ovsdb.c: what is in its databases before the gateway starts. */

#include "ovsdb_zone.h"

#define SCHEMAS "/usr/share/ovn/"

/* One router and one switch of this zone, a transit switch to the other, and
 * a router that has nothing to do with us. */
static const char zone_rows[] =
    "-- set SB_Global . nb_cfg=3"
    " -- --id=@e1 create Encap type=geneve ip=192.0.2.11 chassis_name=hv1"
    " -- create Chassis name=hv1 encaps=@e1"
    " -- --id=@e2 create Encap type=geneve ip=192.0.2.22 chassis_name=gw2 options:csum=false"
    " -- create Chassis name=gw2 encaps=@e2 other_config:is-remote=true"
    " -- --id=@e3 create Encap type=geneve ip=192.0.2.31 chassis_name=gw3 options:dst_port=7081"
    " -- create Chassis name=gw3 encaps=@e3"
    " -- --id=@ls1 create Datapath_Binding tunnel_key=1 external_ids:name=ls1"
    "    external_ids:logical-switch=00000000-0000-0000-0000-000000000001"
    " -- --id=@lr1 create Datapath_Binding tunnel_key=2 external_ids:name=lr1"
    "    external_ids:logical-router=00000000-0000-0000-0000-000000000002"
    " -- --id=@ts1 create Datapath_Binding tunnel_key=16711682 external_ids:name=ts1"
    "    external_ids:interconn-ts=ts1"
    "    external_ids:logical-switch=00000000-0000-0000-0000-000000000003"
    " -- --id=@lr9 create Datapath_Binding tunnel_key=9 external_ids:name=lr9"
    "    external_ids:logical-router=00000000-0000-0000-0000-000000000009"
    " -- create Port_Binding datapath=@lr1 tunnel_key=1 logical_port=lr1-ls1 type=patch"
    "    options:peer=ls1-lr1 'mac=\"00:00:00:01:00:01 10.1.0.1/24\"'"
    " -- create Port_Binding datapath=@ls1 tunnel_key=2 logical_port=ls1-lr1 type=patch"
    "    options:peer=lr1-ls1 mac=router"
    " -- create Port_Binding datapath=@ls1 tunnel_key=1 logical_port=vm1"
    "    'mac=\"00:00:00:01:00:10 10.1.0.10\"' port_security='\"00:00:00:01:00:10\"'"
    " -- create Port_Binding datapath=@lr1 tunnel_key=2 logical_port=lr1-ts1 type=patch"
    "    options:peer=ts1-lr1 options:chassis-redirect-port=cr-lr1-ts1"
    " -- create Port_Binding datapath=@ts1 tunnel_key=1 logical_port=ts1-lr1 type=patch"
    "    options:peer=lr1-ts1 mac=router"
    " -- create Port_Binding datapath=@ts1 tunnel_key=2 logical_port=ts1-lr2 type=remote"
    "    'mac=\"aa:aa:aa:aa:aa:02 169.254.100.2/24\"'"
    " -- create Port_Binding datapath=@lr1 tunnel_key=3 logical_port=cr-lr1-ts1"
    "    type=chassisredirect options:distributed-port=lr1-ts1 options:always-redirect=true"
    "    up=false"
    " -- create Port_Binding datapath=@lr9 tunnel_key=1 logical_port=lr9-x type=patch"
    "    options:peer=none"
    " -- --id=@both create Logical_DP_Group datapaths=@lr1,@lr9"
    " -- create Logical_Flow logical_datapath=@lr1 pipeline=ingress table_id=1 priority=50"
    "    match=1 actions='\"next;\"' external_ids:stage-name=lr_in_x"
    " -- create Logical_Flow logical_dp_group=@both pipeline=egress table_id=2 priority=60"
    "    match=1 actions='\"next;\"' external_ids:stage-name=lr_out_y"
    " -- create Logical_Flow logical_datapath=@lr9 pipeline=ingress table_id=1 priority=50"
    "    match=1 actions='\"next;\"'"
    " -- create MAC_Binding datapath=@lr1 logical_port=lr1-ls1 ip=10.1.0.10"
    "    mac='\"00:00:00:01:00:10\"'"
    " -- create MAC_Binding datapath=@lr1 logical_port=lr1-ls1 ip=10.1.0.11"
    "    mac='\"00:00:00:01:00:11\"'"
    " -- create Static_MAC_Binding datapath=@lr1 logical_port=lr1-ls1 ip=10.1.0.10"
    "    mac='\"00:00:00:01:00:99\"' override_dynamic_mac=true"
    " -- create Static_MAC_Binding datapath=@lr1 logical_port=lr1-ls1 ip=10.1.0.11"
    "    mac='\"00:00:00:01:00:98\"' override_dynamic_mac=false"
    " -- create FDB dp_key=1 mac='\"00:00:00:01:00:77\"' port_key=1"
    " -- create Address_Set name=as1 addresses=10.1.0.10"
    " -- create Port_Group name=pg1 ports=vm1";

static inline void zone_start(struct zone *z)
{
    create_database(z, SB, SCHEMAS "ovn-sb.ovsschema");
    create_database(z, ICSB, SCHEMAS "ovn-ic-sb.ovsschema");
    start_server(z, SB);
    start_server(z, ICSB);
    ctl(z, SB, "init");
    ctl(z, SB, "%s", zone_rows);
    ctl(z, SB,
        "set Port_Binding vm1 chassis=$(ovn-sbctl --db=unix:%s/sb.sock --bare"
        " --columns=_uuid find Chassis name=hv1)",
        z->dir);
    ctl(z, SB,
        "-- --id=@g create Multicast_Group datapath=$(ovn-sbctl --db=unix:%s/sb.sock"
        " --bare --columns=_uuid find Datapath_Binding tunnel_key=1) name=_MC_flood"
        " tunnel_key=32768 ports=$(ovn-sbctl --db=unix:%s/sb.sock --bare"
        " --columns=_uuid find Port_Binding logical_port=vm1)",
        z->dir, z->dir);
}

#endif
