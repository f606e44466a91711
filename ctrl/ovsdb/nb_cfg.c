/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeval.h"

/* Large zones turn this off: each acknowledgement is news to northd. */
static bool is_asked_for(const struct ovsdb *o)
{
    const struct sbrec_sb_global *global = sbrec_sb_global_first(o->sb.idl);
    return !global || smap_get_bool(&global->options, "enable_chassis_nb_cfg_update", true);
}

bool nb_cfg_compose(struct ovsdb *o, struct task *t OVS_UNUSED,
                    struct ovsdb_idl_txn *txn OVS_UNUSED)
{
    const struct sbrec_chassis_private *row = sb_our_private(o);
    if (!row || o->nb_cfg_wanted < 0 || row->nb_cfg == o->nb_cfg_wanted || !is_asked_for(o)) {
        return false;
    }
    sbrec_chassis_private_set_nb_cfg(row, o->nb_cfg_wanted);
    sbrec_chassis_private_set_nb_cfg_timestamp(row, time_wall_msec());
    return true;
}
