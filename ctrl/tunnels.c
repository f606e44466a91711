/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnels.h"

#include <stdlib.h>
#include <string.h>

#include "specialise.h"
#include "underlay.h"

void tunnels_want(struct underlay *underlay, const struct specialised *s)
{
    struct underlay_path *paths = calloc(s->n_tunnels + 1, sizeof *paths);
    if (paths == NULL) {
        abort();
    }
    for (size_t i = 0; i < s->n_tunnels; i++) {
        paths[i].local = s->tunnels[i].local;
        paths[i].remote = s->tunnels[i].remote;
    }
    underlay_want(underlay, paths, s->n_tunnels);
    free(paths);
}

bool tunnels_fill(struct icgw_tables *tables, const struct specialised *s,
                  const struct underlay *underlay)
{
    for (size_t i = 0; i < s->n_tunnels; i++) {
        const struct specialised_tunnel *from = &s->tunnels[i];
        struct underlay_path path = {from->local, from->remote};
        struct underlay_next_hop hop;
        struct icgw_tunnel tunnel;
        const char *why;

        memset(&tunnel, 0, sizeof tunnel);
        icgw_tunnel_init(&tunnel, &from->local, &from->remote, from->dst_port, from->csum);
        if (underlay_next_hop(underlay, &path, &hop, &why)) {
            icgw_tunnel_set_next_hop(&tunnel, hop.port, hop.eth_src, hop.eth_dst, hop.vlan,
                                     hop.mtu);
        }
        if (!icgw_tables_set_tunnel(tables, (uint16_t)i, &tunnel)) {
            return false;
        }
    }
    return true;
}
