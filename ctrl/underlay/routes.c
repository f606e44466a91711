/* SPDX-License-Identifier: Apache-2.0 */
#include "routes.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

/* The gateway may be of the other family (RFC 8950: IPv4 by way of IPv6). */
static bool parse_via(const struct nlattr *attr, struct icgw_addr *via)
{
    const struct rtvia *v = mnl_attr_get_payload(attr);
    size_t len = mnl_attr_get_payload_len(attr);

    if (len != sizeof *v + 16 || v->rtvia_family != AF_INET6) {
        return false;
    }
    memcpy(via->bytes, v->rtvia_addr, 16);
    return true;
}

static uint32_t parse_mtu(const struct nlattr *metrics)
{
    const struct nlattr *tb[UL_ATTRS] = {NULL};

    if (!metrics) {
        return 0;
    }
    mnl_attr_parse_nested(metrics, ul_collect, tb);
    if (!tb[RTAX_MTU] || mnl_attr_validate(tb[RTAX_MTU], MNL_TYPE_U32) < 0) {
        return 0;
    }
    return mnl_attr_get_u32(tb[RTAX_MTU]);
}

static const char *refusal(unsigned int type)
{
    switch (type) {
    case RTN_LOCAL:
        return "the remote address is one of this machine's own";
    case RTN_BROADCAST:
    case RTN_MULTICAST:
        return "the remote address is no unicast address";
    default:
        return "no route";
    }
}

static int on_route(const struct nlmsghdr *nlh, void *data)
{
    const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *tb[UL_ATTRS] = {NULL};
    struct ul_route *r = data;

    if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof *rtm) {
        return MNL_CB_OK;
    }
    if (rtm->rtm_type != RTN_UNICAST) {
        r->why = refusal(rtm->rtm_type);
        return MNL_CB_OK;
    }
    mnl_attr_parse(nlh, sizeof *rtm, ul_collect, tb);
    if (!tb[RTA_OIF] || mnl_attr_validate(tb[RTA_OIF], MNL_TYPE_U32) < 0) {
        return MNL_CB_OK;
    }
    if ((tb[RTA_GATEWAY] && !ul_get_addr(tb[RTA_GATEWAY], rtm->rtm_family, &r->via)) ||
        (tb[RTA_VIA] && !parse_via(tb[RTA_VIA], &r->via))) {
        r->why = "the route's gateway is of a kind that is not understood";
        return MNL_CB_OK;
    }
    r->mtu = parse_mtu(tb[RTA_METRICS]);
    r->oif = (int)mnl_attr_get_u32(tb[RTA_OIF]);
    return MNL_CB_OK;
}

/* 0, or a negative errno.  `local` may be NULL: from anywhere. */
static int query(struct ul_netlink *nl, const struct icgw_addr *local,
                 const struct icgw_addr *remote, struct ul_route *route)
{
    char buffer[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    struct rtmsg *rtm;
    uint8_t bits = icgw_addr_is_v4(remote) ? 32 : 128;

    memset(route, 0, sizeof *route);
    route->via = *remote;
    route->why = "no route";
    nlh->nlmsg_type = RTM_GETROUTE;
    rtm = mnl_nlmsg_put_extra_header(nlh, sizeof *rtm);
    rtm->rtm_family = (unsigned char)ul_family(remote);
    rtm->rtm_dst_len = bits;
    ul_put_addr(nlh, RTA_DST, remote);
    if (local) {
        rtm->rtm_src_len = bits;
        ul_put_addr(nlh, RTA_SRC, local);
    }
    return ul_netlink_request(nl, nlh, on_route, route);
}

/* The kernel refuses an IPv4 source that no interface has as if there were no
 * route; that there is one to anybody else tells the cases apart. */
static const char *explain(struct ul_netlink *nl, const struct underlay_path *path, int rc)
{
    struct ul_route any;

    if (rc == -ETIMEDOUT) {
        return "the kernel did not answer about the route";
    }
    if (query(nl, NULL, &path->remote, &any) == 0 && any.oif) {
        return "our address is on no interface (address = … of the port)";
    }
    return "no route";
}

void ul_route_query(struct ul_netlink *nl, const struct underlay_path *path, struct ul_route *route)
{
    int rc;

    if (icgw_addr_is_v4(&path->local) != icgw_addr_is_v4(&path->remote)) {
        memset(route, 0, sizeof *route);
        route->why = "our address is of the other family";
        return;
    }
    rc = query(nl, &path->local, &path->remote, route);
    if (rc < 0) {
        route->oif = 0;
        route->why = explain(nl, path, rc);
    }
}
