/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeline.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_withdraw);

static void unbind(const struct sbrec_port_binding *pb)
{
    sbrec_port_binding_set_chassis(pb, NULL);
    /* northd looks after encaps that were requested by address. */
    if (pb->encap && !smap_get_def(&pb->options, "requested-encap-ip", "")[0]) {
        sbrec_port_binding_set_encap(pb, NULL);
    }
}

/* Encap rows go with the Chassis that refers to them. */
bool withdraw_compose(struct ovsdb *o, struct task *t OVS_UNUSED,
                      struct ovsdb_idl_txn *txn OVS_UNUSED)
{
    const struct sbrec_chassis *us = sb_our_chassis(o);
    const struct sbrec_chassis_private *private = sb_our_private(o);
    if (us) {
        const struct sbrec_port_binding *pb;
        SBREC_PORT_BINDING_FOR_EACH (pb, o->sb.idl) {
            if (pb->chassis == us) {
                unbind(pb);
            }
        }
        sbrec_chassis_delete(us);
    }
    if (private) {
        sbrec_chassis_private_delete(private);
    }
    o->withdrawn = !us && !private;
    return !o->withdrawn;
}

void withdraw_done(struct ovsdb *o, enum task_outcome outcome)
{
    if (outcome == TASK_DONE) {
        TIMELINE_INFO("chassis \"%s\" withdrawn", o->chassis);
    }
    /* A refusal has been reported; asking again would not change it. */
    o->withdrawn = outcome != TASK_AGAIN;
}
