/* SPDX-License-Identifier: Apache-2.0 */
#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

static struct ul_link **slot(struct ul_links *links, int index)
{
    struct ul_link **p = &links->first;

    while (*p && (*p)->index != index) {
        p = &(*p)->next;
    }
    return p;
}

const struct ul_link *ul_links_find(const struct ul_links *links, int index)
{
    const struct ul_link *l = links->first;

    while (l && l->index != index) {
        l = l->next;
    }
    return l;
}

static bool is_dot1q(const struct nlattr *const *info)
{
    const struct nlattr *kind = info[IFLA_INFO_KIND];

    return kind && info[IFLA_INFO_DATA] && mnl_attr_validate(kind, MNL_TYPE_STRING) >= 0 &&
           !strncmp(mnl_attr_get_str(kind), "vlan", mnl_attr_get_payload_len(kind));
}

static void parse_vlan(const struct nlattr *const *tb, struct ul_link *l)
{
    const struct nlattr *info[UL_ATTRS] = {NULL}, *data[UL_ATTRS] = {NULL};
    const struct nlattr *id, *protocol;

    /* A parent in another network namespace is not ours, whatever its index. */
    if (!tb[IFLA_LINKINFO] || !tb[IFLA_LINK] || tb[IFLA_LINK_NETNSID] ||
        mnl_attr_validate(tb[IFLA_LINK], MNL_TYPE_U32) < 0) {
        return;
    }
    mnl_attr_parse_nested(tb[IFLA_LINKINFO], ul_collect, info);
    if (!is_dot1q(info)) {
        return;
    }
    mnl_attr_parse_nested(info[IFLA_INFO_DATA], ul_collect, data);
    id = data[IFLA_VLAN_ID];
    protocol = data[IFLA_VLAN_PROTOCOL];
    if (id && mnl_attr_validate(id, MNL_TYPE_U16) >= 0 && protocol &&
        mnl_attr_validate(protocol, MNL_TYPE_U16) >= 0 &&
        mnl_attr_get_u16(protocol) == htons(ETH_P_8021Q)) {
        l->parent = (int)mnl_attr_get_u32(tb[IFLA_LINK]);
        l->vlan = mnl_attr_get_u16(id);
    }
}

static void parse(const struct nlmsghdr *nlh, struct ul_link *l)
{
    const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *tb[UL_ATTRS] = {NULL};

    memset(l, 0, sizeof *l); /* compared as a whole */
    mnl_attr_parse(nlh, sizeof *ifi, ul_collect, tb);
    l->index = ifi->ifi_index;
    l->up = ifi->ifi_flags & IFF_UP;
    l->carrier = ifi->ifi_flags & IFF_RUNNING;
    if (tb[IFLA_IFNAME]) {
        size_t len = mnl_attr_get_payload_len(tb[IFLA_IFNAME]);

        memcpy(l->name, mnl_attr_get_payload(tb[IFLA_IFNAME]),
               len < sizeof l->name ? len : sizeof l->name - 1);
    }
    if (tb[IFLA_MTU] && mnl_attr_validate(tb[IFLA_MTU], MNL_TYPE_U32) >= 0) {
        l->mtu = mnl_attr_get_u32(tb[IFLA_MTU]);
    }
    if (ifi->ifi_type == ARPHRD_ETHER && tb[IFLA_ADDRESS] &&
        mnl_attr_get_payload_len(tb[IFLA_ADDRESS]) == sizeof l->mac) {
        l->ethernet = true;
        memcpy(l->mac, mnl_attr_get_payload(tb[IFLA_ADDRESS]), sizeof l->mac);
    }
    parse_vlan(tb, l);
}

static bool remove_link(struct ul_links *links, int index)
{
    struct ul_link **p = slot(links, index), *l = *p;

    if (!l) {
        return false;
    }
    *p = l->next;
    free(l);
    return true;
}

bool ul_links_update(struct ul_links *links, const struct nlmsghdr *nlh)
{
    const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
    struct ul_link **p, *l, got;

    /* Bridges send messages of their own family about their ports. */
    if (mnl_nlmsg_get_payload_len(nlh) < sizeof *ifi || ifi->ifi_family != AF_UNSPEC) {
        return false;
    }
    if (nlh->nlmsg_type == RTM_DELLINK) {
        return remove_link(links, ifi->ifi_index);
    }
    parse(nlh, &got);
    p = slot(links, got.index);
    l = *p;
    if (l) {
        got.next = l->next;
        if (!memcmp(l, &got, sizeof got)) {
            return false;
        }
    } else {
        l = malloc(sizeof *l);
        if (!l) {
            return false;
        }
        *p = l;
    }
    *l = got;
    return true;
}

static int on_link(const struct nlmsghdr *nlh, void *links)
{
    if (nlh->nlmsg_type == RTM_NEWLINK) {
        ul_links_update(links, nlh);
    }
    return MNL_CB_OK;
}

static void start_again(void *links)
{
    ul_links_clear(links);
}

int ul_links_load(struct ul_links *links, struct ul_netlink *nl)
{
    char buffer[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    struct ul_links got = {NULL};
    struct ifinfomsg *ifi;
    int rc;

    nlh->nlmsg_type = RTM_GETLINK;
    ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    rc = ul_netlink_dump(nl, nlh, on_link, &got, start_again);
    if (rc < 0) { /* part of them is worse than what was known */
        ul_links_clear(&got);
        return rc;
    }
    ul_links_clear(links);
    *links = got;
    return 0;
}

void ul_links_clear(struct ul_links *links)
{
    while (links->first) {
        struct ul_link *l = links->first;

        links->first = l->next;
        free(l);
    }
}
