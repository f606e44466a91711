/* SPDX-License-Identifier: Apache-2.0 */

/* Names of ports, and who wants them as peers: peers come and go one by one. */

#include <stdlib.h>
#include <string.h>

#include "model_private.h"

static struct model_port_name *find(const struct model *m, const char *name)
{
    struct model_port_name *found;
    HASH_FIND_STR(m->ports, name, found);
    return found;
}

static struct model_port_name *get(struct model *m, const char *name)
{
    struct model_port_name *n = find(m, name);
    if (n == NULL) {
        n = model_alloc(sizeof *n);
        n->name = model_copy(name);
        HASH_ADD_KEYPTR(hh, m->ports, n->name, strlen(n->name), n);
    }
    return n;
}

static void put(struct model *m, struct model_port_name *n)
{
    if (n->port == NULL && n->n_wanted == 0) {
        HASH_DEL(m->ports, n);
        free(n->wanted_by);
        free(n->name);
        free(n);
    }
}

static void tell(struct model *m, const struct model_port_name *n)
{
    for (size_t i = 0; i < n->n_wanted; i++) {
        n->wanted_by[i]->peer = NULL; /* until finished */
        model_touch(m, n->wanted_by[i]->datapath);
    }
}

bool model_names_add(struct model *m, struct model_port *port)
{
    struct model_port_name *n = get(m, port->name);
    if (n->port != NULL) {
        return false;
    }
    n->port = port;
    tell(m, n);
    if (port->peer_name != NULL) {
        struct model_port_name *peer = get(m, port->peer_name);
        struct model_port **slot = model_grow(&peer->wanted_by, &peer->n_wanted, sizeof *slot);
        *slot = port;
    }
    return true;
}

static void unwant(struct model_port_name *n, const struct model_port *port)
{
    size_t i = 0;
    while (n->wanted_by[i] != port) {
        i++;
    }
    n->wanted_by[i] = n->wanted_by[n->n_wanted - 1];
    if (--n->n_wanted == 0) {
        free(n->wanted_by);
        n->wanted_by = NULL;
    }
}

void model_names_remove(struct model *m, struct model_port *port)
{
    if (port->peer_name != NULL) {
        struct model_port_name *peer = find(m, port->peer_name);
        unwant(peer, port);
        put(m, peer);
    }
    struct model_port_name *n = find(m, port->name);
    n->port = NULL;
    tell(m, n);
    put(m, n);
}

void model_names_free(struct model *m)
{
    struct model_port_name *n, *next;
    HASH_ITER(hh, m->ports, n, next)
    {
        HASH_DEL(m->ports, n);
        if (n->port != NULL) {
            model_port_free(n->port);
        }
        free(n->wanted_by);
        free(n->name);
        free(n);
    }
}
