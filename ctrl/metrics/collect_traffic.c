/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "collect.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#include "exposition.h"
#include "gateway.h"
#include "model.h"
#include "put.h"
#include "traffic.h"
#include "util.h"

/* Only of peers and datapaths that the databases have now: what is gone leaves no
 * label behind, and counts on from where it was when it comes back. */

struct counter {
    const char *name;
    const char *help;
    size_t offset; /* in struct traffic_line */
};

static uint64_t value_of(const struct traffic_line *line, const struct counter *c)
{
    return *(const uint64_t *)(const void *)((const char *)line + c->offset);
}

static void put_peer(struct exposition *e, const struct traffic *t, const struct counter *c,
                     const struct model_chassis *chassis)
{
    for (size_t i = 0; i < chassis->n_encaps; i++) {
        struct traffic_line line = traffic_of_peer(t, &chassis->encaps[i].ip);
        char *address = format_addr(&chassis->encaps[i].ip);
        const struct label labels[] = {
            {"chassis", chassis->name}, {"address", address}, {NULL, NULL}};
        exposition_integer(e, labels, value_of(&line, c));
        free(address);
    }
}

static void put_peers(struct exposition *e, const struct traffic *t, const struct model *model)
{
    static const struct counter counters[] = {
        {"peer_receive_packets", "Tunnel packets from the peer, BFD left out.",
         offsetof(struct traffic_line, rx.packets)},
        {"peer_receive_bytes", "Bytes of them.", offsetof(struct traffic_line, rx.bytes)},
        {"peer_transmit_packets", "Packets that workers forwarded to the peer.",
         offsetof(struct traffic_line, tx.packets)},
        {"peer_transmit_bytes", "Bytes of them.", offsetof(struct traffic_line, tx.bytes)},
    };
    size_t n = 0;
    struct model_chassis *const *list = model ? model_chassis_list(model, &n) : NULL;
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        exposition_counter(e, counters[i].name, counters[i].help);
        for (size_t k = 0; k < n; k++) {
            if (!list[k]->self) {
                put_peer(e, t, &counters[i], list[k]);
            }
        }
    }
}

static void put_transits(struct exposition *e, const struct traffic *t, const struct model *model)
{
    static const struct counter counters[] = {
        {"transit_receive_packets", "Packets that came by the transit switch or router.",
         offsetof(struct traffic_line, rx.packets)},
        {"transit_receive_bytes", "Bytes of them.", offsetof(struct traffic_line, rx.bytes)},
        {"transit_transmit_packets", "Packets that workers forwarded on it.",
         offsetof(struct traffic_line, tx.packets)},
        {"transit_transmit_bytes", "Bytes of them.", offsetof(struct traffic_line, tx.bytes)},
    };
    size_t n = 0;
    struct model_datapath *const *list = model ? model_datapaths(model, &n) : NULL;
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        exposition_counter(e, counters[i].name, counters[i].help);
        for (size_t k = 0; k < n; k++) {
            if (list[k]->transit) {
                struct traffic_line line = traffic_of_datapath(t, list[k]->key);
                char *vni = xasprintf("%" PRIu32, list[k]->key);
                const struct label labels[] = {
                    {"datapath", list[k]->name}, {"vni", vni}, {NULL, NULL}};
                exposition_integer(e, labels, value_of(&line, &counters[i]));
                free(vni);
            }
        }
    }
}

void collect_traffic(const struct gateway *gw, struct exposition *e)
{
    struct traffic t;
    traffic_take(&t);
    put_peers(e, &t, gw->model);
    put_transits(e, &t, gw->model);
    traffic_free(&t);
}
