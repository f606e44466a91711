/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnels.h"

#include <stdlib.h>
#include <string.h>

#include "specialise.h"
#include "underlay.h"

void tunnels_want(struct underlay *underlay, const struct specialised *s,
                  const struct icgw_addr *locals, size_t n_locals)
{
    struct underlay_path *paths = calloc(s->n_tunnels * n_locals + 1, sizeof *paths);
    size_t n = 0;
    if (paths == NULL) {
        abort();
    }
    for (size_t i = 0; i < s->n_tunnels; i++) {
        const struct icgw_addr *remote = &s->tunnels[i].remote;
        for (size_t k = 0; k < n_locals; k++) {
            if (icgw_addr_is_v4(&locals[k]) == icgw_addr_is_v4(remote)) {
                paths[n++] = (struct underlay_path){locals[k], *remote};
            }
        }
    }
    underlay_want(underlay, paths, n);
    free(paths);
}

void tunnels_make(struct icgw_tunnel *tunnel, const struct specialised_tunnel *from,
                  const struct underlay *underlay)
{
    struct underlay_path path = {from->local, from->remote};
    struct underlay_next_hop hop;
    const char *why;

    memset(tunnel, 0, sizeof *tunnel);
    icgw_tunnel_init(tunnel, &from->local, &from->remote, from->dst_port, from->csum);
    if (underlay_next_hop(underlay, &path, &hop, &why)) {
        icgw_tunnel_set_next_hop(tunnel, hop.port, hop.eth_src, hop.eth_dst, hop.vlan, hop.mtu);
    }
}

bool tunnels_fill(struct icgw_tables *tables, const struct specialised *s,
                  const struct underlay *underlay)
{
    for (size_t i = 0; i < s->n_tunnels; i++) {
        struct icgw_tunnel tunnel;
        tunnels_make(&tunnel, &s->tunnels[i], underlay);
        if (!icgw_tables_set_tunnel(tables, (uint16_t)i, &tunnel)) {
            return false;
        }
    }
    return true;
}
