/* SPDX-License-Identifier: Apache-2.0 */
#include "build_model.h"
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"

#define GENEVE_PORT 6081

void build_encap(struct model *m, struct model_chassis *chassis, const char *type, const char *ip,
                 const struct smap *options)
{
    unsigned int port = smap_get_uint(options, "dst_port", GENEVE_PORT);
    model_add_encap(m, chassis, type, ip, smap_get_bool(options, "csum", true),
                    port && port <= UINT16_MAX ? (uint16_t)port : GENEVE_PORT);
    if (smap_get_bool(options, "default-encap-ip", false) && !strcmp(type, "geneve")) {
        model_prefer_encap(chassis, ip);
    }
}

static void add_sb_encaps(struct model *m, struct model_chassis *chassis,
                          const struct sbrec_chassis *row)
{
    for (size_t i = 0; i < row->n_encaps; i++) {
        const struct sbrec_encap *e = row->encaps[i];
        build_encap(m, chassis, e->type, e->ip, &e->options);
    }
}

void build_chassis(const struct ovsdb *o, struct model *m)
{
    const struct sbrec_chassis *row;
    SBREC_CHASSIS_FOR_EACH (row, o->sb.idl) {
        bool remote = smap_get_bool(&row->other_config, "is-remote", false);
        struct model_chassis *chassis = model_add_chassis(m, row->name, remote);
        if (chassis && !(remote && icsb_add_encaps(o, m, chassis))) {
            add_sb_encaps(m, chassis, row);
        }
    }
    icsb_add_gateways(o, m);
}
