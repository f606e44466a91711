/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/rtnetlink.h>

#include "private.h"

/* Routes are asked for again that long after the last time at the earliest: a
 * routing daemon that loads its table sends changes by the thousand. */
#define REQUERY_MS 100
/* What could not be read is asked for again after that time. */
#define RESYNC_MS 100
/* Notifications taken at once; more wait for the next underlay_run(). */
#define EVENTS_AT_ONCE 256

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct underlay_path)); /* first member, all bytes */
}

static int port_of(const struct underlay *u, int index)
{
    const struct ul_link *l = ul_links_find(&u->links, index);

    for (int i = 0; l && i < u->n_hosts; i++) {
        if (!strcmp(u->hosts[i], l->name)) {
            return i;
        }
    }
    return -1;
}

/* The port and VLAN by which frames to this interface leave. */
static bool place(const struct underlay *u, const struct ul_link *l, struct underlay_next_hop *hop)
{
    int port = port_of(u, l->index);

    hop->vlan = 0;
    if (port < 0 && l->parent) {
        port = port_of(u, l->parent);
        hop->vlan = l->vlan;
    }
    hop->port = (uint16_t)port;
    return port >= 0;
}

static bool resolve_hop(const struct underlay *u, const struct ul_route *r, struct ul_path *p)
{
    const struct ul_link *l = ul_links_find(&u->links, r->oif);
    uint32_t mtu;

    if (!r->oif) {
        snprintf(p->why, sizeof p->why, "%s", r->why);
        return false;
    }
    if (!l || !l->ethernet || !place(u, l, &p->hop)) {
        snprintf(p->why, sizeof p->why, "route leaves by %s, which is no host interface of ours",
                 l ? l->name : "an unknown interface");
        return false;
    }
    mtu = r->mtu && r->mtu < l->mtu ? r->mtu : l->mtu;
    p->hop.mtu = (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
    memcpy(p->hop.eth_src, l->mac, sizeof p->hop.eth_src);
    return true;
}

static void query_path(struct underlay *u, struct ul_path *p)
{
    struct ul_path old = *p;
    struct ul_route r;

    memset(&p->hop, 0, sizeof p->hop); /* compared as a whole */
    memset(p->why, 0, sizeof p->why);
    p->neighbour = NULL;
    ul_route_query(&u->nl, &p->path, &r);
    if (resolve_hop(u, &r, p)) {
        p->neighbour = ul_neighbours_get(&u->neighbours, r.oif, &r.via);
    }
    p->queried = true;
    if (old.neighbour != p->neighbour || memcmp(&old.hop, &p->hop, sizeof old.hop) != 0 ||
        strcmp(old.why, p->why) != 0) {
        u->changed = true;
    }
}

static void ask(struct underlay *u)
{
    int64_t after = ul_neighbours_ask(&u->neighbours, &u->nl);

    u->changed |= ul_neighbours_expire(&u->neighbours);
    u->ask_at = after != INT64_MAX ? now_ms() + after : INT64_MAX;
}

/* All stays as it was, and notifications do not tell what was missed. */
static void resync_later(struct underlay *u, const char *what, int rc)
{
    int64_t later = now_ms() + RESYNC_MS;

    snprintf(u->trouble, sizeof u->trouble, "cannot list %s: netlink: %s", what, strerror(-rc));
    u->resync_at = later < u->resync_at ? later : u->resync_at;
}

static int load_links(struct underlay *u)
{
    int rc = ul_links_load(&u->links, &u->nl);

    if (rc < 0) {
        resync_later(u, "network interfaces", rc);
    }
    return rc;
}

static int load_neighbours(struct underlay *u)
{
    int rc = ul_neighbours_load(&u->neighbours, &u->nl);

    if (rc < 0) {
        resync_later(u, "neighbours", rc);
    }
    return rc;
}

/* Routes of paths that have not been asked for, and what follows from them. */
static void query_missing(struct underlay *u)
{
    for (size_t i = 0; i < u->n_paths; i++) {
        struct ul_path *p = &u->paths[i];

        if (!p->queried) {
            query_path(u, p);
        }
        if (p->neighbour) {
            p->neighbour->wanted = true;
        }
    }
    if (u->neighbours.n_new > 0) {
        load_neighbours(u);
        u->changed = true;
    }
    ul_neighbours_sweep(&u->neighbours, &u->nl);
    ask(u);
}

static void requery(struct underlay *u)
{
    u->dirty = false;
    for (size_t i = 0; i < u->n_paths; i++) {
        u->paths[i].queried = false;
    }
    query_missing(u);
    u->requeried = now_ms();
}

static void ask_soon(struct underlay *u)
{
    int64_t soon = now_ms() + REQUERY_MS;

    u->ask_at = soon < u->ask_at ? soon : u->ask_at;
}

/* Starts again, as notifications were lost or a list could not be read. */
static void resync(struct underlay *u)
{
    u->resync_at = INT64_MAX;
    if (load_links(u) == 0 && load_neighbours(u) == 0) {
        u->trouble[0] = '\0';
        u->dirty = u->changed = true;
    }
}

/* What was lost may be anything. */
static void on_loss(struct underlay *u, int64_t now)
{
    ul_netlink_discard_events(&u->nl);
    u->dirty = true;
    u->resync_at = now;
}

static int on_event(const struct nlmsghdr *nlh, void *data)
{
    struct underlay *u = data;

    switch (nlh->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        u->dirty |= ul_links_update(&u->links, nlh);
        break;
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
        if (ul_neighbours_update(&u->neighbours, nlh)) {
            u->changed = true;
        }
        if (nlh->nlmsg_type == RTM_DELNEIGH || u->neighbours.n_silent > 0) {
            ask_soon(u); /* perhaps one of ours; once for many */
        }
        break;
    default: /* a route, address, rule or next hop */
        u->dirty = true;
    }
    return MNL_CB_OK;
}

struct underlay *underlay_open(const char *const *host_interfaces, uint16_t n, char **error)
{
    struct underlay *u = calloc(1, sizeof *u);
    int rc;

    *error = NULL;
    if (!u || !(u->hosts = calloc(n ? n : 1, sizeof *u->hosts))) {
        free(u);
        return NULL;
    }
    for (uint16_t i = 0; i < n; i++) {
        snprintf(u->hosts[i], sizeof u->hosts[i], "%s", host_interfaces[i]);
    }
    u->n_hosts = n;
    u->ask_at = u->resync_at = INT64_MAX;
    u->requeried = INT64_MIN / 2;
    if (!ul_netlink_open(&u->nl, error)) {
        underlay_close(u);
        return NULL;
    }
    rc = load_links(u);
    if (rc < 0 && rc != -EINTR) { /* that is a matter of moments: underlay_run() tries again */
        ul_fail(error, "%s", u->trouble);
        underlay_close(u);
        return NULL;
    }
    return u;
}

void underlay_close(struct underlay *u)
{
    if (u) {
        if (u->nl.requests) {
            for (size_t i = 0; i < u->n_paths; i++) {
                u->paths[i].neighbour = NULL;
            }
            ul_neighbours_sweep(&u->neighbours, &u->nl); /* none is wanted */
        }
        ul_links_clear(&u->links);
        ul_shields_remove(u);
        ul_netlink_close(&u->nl);
        free(u->paths);
        free(u->hosts);
        free(u);
    }
}

static struct ul_path *find(const struct underlay *u, const struct underlay_path *path)
{
    return u->n_paths ? bsearch(path, u->paths, u->n_paths, sizeof *u->paths, compare) : NULL;
}

void underlay_want(struct underlay *u, const struct underlay_path *paths, size_t n)
{
    struct ul_path *sorted = calloc(n ? n : 1, sizeof *sorted);
    size_t kept = 0;

    if (!sorted) {
        return; /* the old set stays */
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i].path = paths[i];
    }
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || compare(&sorted[kept - 1], &sorted[i]) != 0) {
            struct ul_path *old = find(u, &sorted[i].path);

            sorted[kept++] = old ? *old : sorted[i];
        }
    }
    free(u->paths);
    u->paths = sorted;
    u->n_paths = kept;
    query_missing(u);
}

int underlay_fd(const struct underlay *u)
{
    return mnl_socket_get_fd(u->nl.events);
}

int64_t underlay_wakeup(const struct underlay *u)
{
    int64_t requery_at = u->dirty ? u->requeried + REQUERY_MS : INT64_MAX;
    int64_t at = requery_at < u->ask_at ? requery_at : u->ask_at;

    if (u->changed) {
        return 0; /* underlay_want() found something to tell */
    }
    return u->resync_at < at ? u->resync_at : at;
}

const char *underlay_trouble(const struct underlay *u)
{
    return u->trouble[0] ? u->trouble : NULL;
}

bool underlay_run(struct underlay *u)
{
    int64_t now = now_ms();
    bool changed;
    int rc = 1;

    for (int i = 0; i < EVENTS_AT_ONCE && rc == 1; i++) {
        rc = ul_netlink_event(&u->nl, on_event, u);
    }
    if (rc < 0) {
        on_loss(u, now);
    }
    if (now >= u->resync_at) {
        resync(u);
    }
    if (u->dirty && now >= u->requeried + REQUERY_MS) {
        requery(u);
    }
    if (now >= u->ask_at) {
        ask(u);
    }
    changed = u->changed;
    u->changed = false;
    return changed;
}

bool underlay_next_hop(const struct underlay *u, const struct underlay_path *path,
                       struct underlay_next_hop *hop, const char **why)
{
    const struct ul_path *p = find(u, path);

    if (!p || !p->neighbour) {
        *why = p && p->why[0] ? p->why : "not asked for";
        return false;
    }
    if (!ul_neighbour_usable(p->neighbour)) {
        *why = ul_neighbour_why(p->neighbour);
        return false;
    }
    *hop = p->hop;
    memcpy(hop->eth_dst, p->neighbour->mac, sizeof hop->eth_dst);
    return true;
}
