/* SPDX-License-Identifier: Apache-2.0 */
#include "neighbours.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

/* As the kernel's NUD_VALID: there is an address and it may be used. */
#define VALID (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

/* One that stops to answer is sent to for so long at its last address.  When a
 * gateway is back, traffic does not wait until the kernel has noticed; a switch
 * does not flood frames to an address that is gone for good much longer. */
#define SILENT_MS 30000
/* It is asked for that often; the kernel itself asks once in 5 s. */
#define ASK_SILENT_MS 1000
/* How often a kernel that does not keep neighbours by itself is asked to.  Below
 * the 15 s after which an entry may become stale (half of
 * net.ipv4.neigh.default.base_reachable_time). */
#define ASK_MS 5000

/* Linux 5.16; Debian 11 has older headers. */
#ifndef NTF_EXT_MANAGED
#define NTF_EXT_MANAGED (1 << 0)
#define NDA_FLAGS_EXT 15
#endif

static struct ul_neighbour **slot(struct ul_neighbours *ns, int oif, const struct icgw_addr *addr)
{
    uint32_t hash = (uint32_t)oif;
    struct ul_neighbour **p;

    for (size_t i = 0; i < sizeof addr->bytes; i++) {
        hash = hash * 31 + addr->bytes[i];
    }
    p = &ns->buckets[hash % UL_NEIGHBOUR_BUCKETS];
    while (*p && ((*p)->oif != oif || memcmp(&(*p)->addr, addr, sizeof *addr) != 0)) {
        p = &(*p)->next;
    }
    return p;
}

struct ul_neighbour *ul_neighbours_get(struct ul_neighbours *ns, int oif,
                                       const struct icgw_addr *addr)
{
    struct ul_neighbour **p = slot(ns, oif, addr);

    if (!*p && (*p = calloc(1, sizeof **p))) {
        (*p)->oif = oif;
        (*p)->addr = *addr;
        ns->n_new++;
    }
    return *p;
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool answers(const struct ul_neighbour *n)
{
    return n->state & VALID;
}

bool ul_neighbour_usable(const struct ul_neighbour *n)
{
    return answers(n) || n->silent_until != 0;
}

const char *ul_neighbour_why(const struct ul_neighbour *n)
{
    if (n->no_room) {
        return "the kernel's neighbour table is full (net.ipv4|ipv6.neigh.default.gc_thresh3)";
    }
    /* The kernel does not tell when it starts to ask, only how that ended. */
    return n->state & NUD_FAILED ? "next hop does not answer" : "next hop is being resolved";
}

static bool set_state(struct ul_neighbour *n, uint16_t state, const struct nlattr *mac)
{
    bool was = ul_neighbour_usable(n), changed;

    /* No Ethernet address, no use. */
    if ((state & VALID) && (!mac || mnl_attr_get_payload_len(mac) != sizeof n->mac)) {
        state = NUD_INCOMPLETE;
    }
    if (answers(n) && !(state & VALID)) {
        n->silent_until = now_ms() + SILENT_MS;
    } else if (state & VALID) {
        n->silent_until = 0;
    }
    n->state = state;
    n->loaded = n->seen = true;
    changed = was != ul_neighbour_usable(n);
    if (answers(n) && memcmp(n->mac, mnl_attr_get_payload(mac), sizeof n->mac) != 0) {
        memcpy(n->mac, mnl_attr_get_payload(mac), sizeof n->mac);
        changed = true;
    }
    return changed;
}

bool ul_neighbours_update(struct ul_neighbours *ns, const struct nlmsghdr *nlh)
{
    const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *tb[UL_ATTRS] = {NULL}, *ext;
    struct ul_neighbour *n;
    struct icgw_addr addr;

    if (mnl_nlmsg_get_payload_len(nlh) < sizeof *ndm) {
        return false;
    }
    mnl_attr_parse(nlh, sizeof *ndm, ul_collect, tb);
    if ((ndm->ndm_flags & NTF_PROXY) || !ul_get_addr(tb[NDA_DST], ndm->ndm_family, &addr)) {
        return false;
    }
    n = *slot(ns, ndm->ndm_ifindex, &addr);
    if (!n) {
        return false;
    }
    ext = tb[NDA_FLAGS_EXT];
    n->managed = ext && mnl_attr_validate(ext, MNL_TYPE_U32) >= 0 &&
                 (mnl_attr_get_u32(ext) & NTF_EXT_MANAGED) && nlh->nlmsg_type == RTM_NEWNEIGH;
    bool answered = answers(n);
    bool changed =
        set_state(n, nlh->nlmsg_type == RTM_NEWNEIGH ? ndm->ndm_state : 0, tb[NDA_LLADDR]);

    ns->n_silent += answered && !answers(n);
    return changed;
}

static int on_neighbour(const struct nlmsghdr *nlh, void *ns)
{
    if (nlh->nlmsg_type == RTM_NEWNEIGH) {
        ul_neighbours_update(ns, nlh);
    }
    return MNL_CB_OK;
}

#define FOR_EACH(N, NS)                                                                            \
    for (size_t b_ = 0; b_ < UL_NEIGHBOUR_BUCKETS; b_++)                                           \
        for (struct ul_neighbour *N = (NS)->buckets[b_]; N; N = N->next)

static void unmark(void *ns)
{
    FOR_EACH(n, (struct ul_neighbours *)ns)
    {
        n->seen = false;
    }
}

int ul_neighbours_load(struct ul_neighbours *ns, struct ul_netlink *nl)
{
    char buffer[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    int rc;

    nlh->nlmsg_type = RTM_GETNEIGH;
    mnl_nlmsg_put_extra_header(nlh, sizeof(struct ndmsg));
    rc = ul_netlink_dump(nl, nlh, on_neighbour, ns, unmark);
    if (rc < 0) {
        return rc;
    }
    FOR_EACH(n, ns)
    {
        if (!n->seen) {
            n->managed = false;
            set_state(n, 0, NULL);
        }
    }
    ns->n_new = 0;
    return 0;
}

/* Managed: the kernel resolves the entry and probes it every few seconds,
 * though it sees no traffic to it (Linux 5.16, kernel commit 7482e3841d52).
 * An older kernel ignores that and resolves it once. */
static void ask(struct ul_neighbour *n, struct ul_netlink *nl, bool managed)
{
    char buffer[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    struct ndmsg *ndm;

    nlh->nlmsg_type = RTM_NEWNEIGH;
    nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
    ndm = mnl_nlmsg_put_extra_header(nlh, sizeof *ndm);
    ndm->ndm_family = (uint8_t)ul_family(&n->addr);
    ndm->ndm_ifindex = n->oif;
    ndm->ndm_state = NUD_NONE;
    ndm->ndm_flags = NTF_USE;
    ul_put_addr(nlh, NDA_DST, &n->addr);
    if (managed) {
        mnl_attr_put_u32(nlh, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
    }
    /* A refusal (the interface is down, say) is answered by asking again. */
    n->no_room = ul_netlink_request(nl, nlh, NULL, NULL) == -ENOBUFS;
}

int64_t ul_neighbours_ask(struct ul_neighbours *ns, struct ul_netlink *nl)
{
    int64_t again = INT64_MAX;

    ns->n_silent = 0;

    FOR_EACH(n, ns)
    {
        /* Asked about an entry that the operator has fixed, or may have, the
         * kernel would make it an ordinary one. */
        if ((n->managed && answers(n)) || (n->state & (NUD_PERMANENT | NUD_NOARP)) || !n->loaded) {
            continue;
        }
        int64_t after = answers(n) ? ASK_MS : ASK_SILENT_MS;

        ask(n, nl, true);
        again = after < again ? after : again;
    }
    return again;
}

bool ul_neighbours_expire(struct ul_neighbours *ns)
{
    int64_t now = now_ms();
    bool any = false;

    FOR_EACH(n, ns)
    {
        if (n->silent_until != 0 && n->silent_until <= now) {
            n->silent_until = 0;
            any = true;
        }
    }
    return any;
}

void ul_neighbours_sweep(struct ul_neighbours *ns, struct ul_netlink *nl)
{
    for (size_t b = 0; b < UL_NEIGHBOUR_BUCKETS; b++) {
        struct ul_neighbour **p = &ns->buckets[b];

        while (*p) {
            struct ul_neighbour *n = *p;

            if (n->wanted) {
                n->wanted = false;
                p = &n->next;
                continue;
            }
            if (n->managed) {
                ask(n, nl, false); /* may age again */
            }
            *p = n->next;
            free(n);
        }
    }
}
