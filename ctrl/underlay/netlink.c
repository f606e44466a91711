/* SPDX-License-Identifier: Apache-2.0 */
#include "netlink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <linux/rtnetlink.h>

#define REQUEST_TIMEOUT_MS 1000
/* Interfaces that come and go in a gust are rarely in the way that often. */
#define DUMP_ATTEMPTS 3
/* Room for a gust of route changes; what does not fit is noticed (ENOBUFS). */
#define EVENT_BUFFER (1 << 20)
/* More datagrams than that buffer, or a dump, can have. */
#define DISCARD_AT_ONCE 100000

bool ul_fail(char **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (vasprintf(error, format, args) < 0) {
        *error = NULL;
    }
    va_end(args);
    return false;
}

static bool subscribe(struct mnl_socket *s)
{
    static const int groups[] = {RTNLGRP_LINK,       RTNLGRP_NEIGH,       RTNLGRP_IPV4_ROUTE,
                                 RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                                 RTNLGRP_IPV4_RULE,  RTNLGRP_IPV6_RULE};
    int nexthop = RTNLGRP_NEXTHOP, size = EVENT_BUFFER;

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        int group = groups[i];

        if (mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
            return false;
        }
    }
    /* A change of a next hop object is told there only; kernels before 5.3 have none. */
    mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &nexthop, sizeof nexthop);
    setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return true;
}

bool ul_netlink_open(struct ul_netlink *nl, char **error)
{
    struct timeval timeout = {.tv_usec = REQUEST_TIMEOUT_MS % 1000 * 1000,
                              .tv_sec = REQUEST_TIMEOUT_MS / 1000};

    nl->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    nl->requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!nl->events || !nl->requests || mnl_socket_bind(nl->events, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_bind(nl->requests, 0, MNL_SOCKET_AUTOPID) < 0 ||
        setsockopt(mnl_socket_get_fd(nl->requests), SOL_SOCKET, SO_RCVTIMEO, &timeout,
                   sizeof timeout) < 0 ||
        !subscribe(nl->events)) {
        return ul_fail(error, "cannot follow the kernel's routes and neighbours: netlink: %s",
                       strerror(errno));
    }
    return true;
}

void ul_netlink_close(struct ul_netlink *nl)
{
    if (nl->events) {
        mnl_socket_close(nl->events);
    }
    if (nl->requests) {
        mnl_socket_close(nl->requests);
    }
}

/* Takes what waits off the socket, nothing of each datagram being read. */
static void discard(const struct mnl_socket *s)
{
    int fd = mnl_socket_get_fd(s), i = 0;

    while ((recv(fd, NULL, 0, MSG_DONTWAIT) >= 0 || errno == ENOBUFS) && i < DISCARD_AT_ONCE) {
        i++;
    }
}

/* Whether the kernel says that what it lists changed meanwhile.  Takes that mark
 * away: mnl_cb_run() would stop there, with most of the dump still to be read. */
static bool take_interruption(char *buffer, ssize_t n)
{
    struct nlmsghdr *nlh = (struct nlmsghdr *)buffer;
    int left = (int)n;
    bool interrupted = false;

    for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
        interrupted |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
        nlh->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
    }
    return interrupted;
}

/* Receives until an answer to request `seq` has come; those to requests that
 * have timed out may precede it. */
static int answer(struct ul_netlink *nl, uint32_t seq, mnl_cb_t cb, void *data)
{
    unsigned int portid = mnl_socket_get_portid(nl->requests);
    bool interrupted = false;

    for (;;) {
        ssize_t n = mnl_socket_recvfrom(nl->requests, nl->buffer, sizeof nl->buffer);
        const struct nlmsghdr *nlh = (const struct nlmsghdr *)nl->buffer;
        int rc;

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
        }
        if (!mnl_nlmsg_ok(nlh, (int)n)) {
            return -EPROTO;
        }
        if (nlh->nlmsg_seq != seq) {
            continue;
        }
        interrupted |= take_interruption(nl->buffer, n);
        rc = mnl_cb_run(nl->buffer, (size_t)n, seq, portid, cb, data);
        if (rc < 0) {
            return -errno;
        }
        if (rc == 0) {
            return interrupted ? -EINTR : 0;
        }
    }
}

int ul_netlink_request(struct ul_netlink *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
    int rc;

    /* While a dump has not been read to its end the kernel begins no other (EBUSY). */
    if (nl->left_over) {
        discard(nl->requests);
    }
    nl->left_over = true;
    nlh->nlmsg_seq = ++nl->seq;
    nlh->nlmsg_flags |= NLM_F_REQUEST;
    if ((nlh->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP) {
        nlh->nlmsg_flags |= NLM_F_ACK; /* a dump ends by itself */
    }
    if (mnl_socket_sendto(nl->requests, nlh, nlh->nlmsg_len) < 0) {
        return -errno;
    }
    rc = answer(nl, nlh->nlmsg_seq, cb, data);
    nl->left_over = rc < 0 && rc != -EINTR;
    return rc;
}

int ul_netlink_dump(struct ul_netlink *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data,
                    void (*start)(void *data))
{
    int rc = -EINTR;

    nlh->nlmsg_flags |= NLM_F_DUMP;
    for (int attempt = 0; attempt < DUMP_ATTEMPTS && rc == -EINTR; attempt++) {
        start(data);
        rc = ul_netlink_request(nl, nlh, cb, data);
    }
    return rc;
}

int ul_netlink_event(struct ul_netlink *nl, mnl_cb_t cb, void *data)
{
    ssize_t n = mnl_socket_recvfrom(nl->events, nl->buffer, sizeof nl->buffer);

    if (n < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    }
    if (mnl_cb_run(nl->buffer, (size_t)n, 0, 0, cb, data) < 0) {
        return -errno;
    }
    return 1;
}

void ul_netlink_discard_events(struct ul_netlink *nl)
{
    discard(nl->events);
}

int ul_family(const struct icgw_addr *addr)
{
    return icgw_addr_is_v4(addr) ? AF_INET : AF_INET6;
}

void ul_put_addr(struct nlmsghdr *nlh, uint16_t type, const struct icgw_addr *addr)
{
    if (icgw_addr_is_v4(addr)) {
        mnl_attr_put(nlh, type, 4, addr->bytes + 12);
    } else {
        mnl_attr_put(nlh, type, 16, addr->bytes);
    }
}

bool ul_get_addr(const struct nlattr *attr, int family, struct icgw_addr *addr)
{
    uint16_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

    if (family == AF_INET && len == 4) {
        *addr = (struct icgw_addr){.bytes = {[10] = 0xff, [11] = 0xff}};
        memcpy(addr->bytes + 12, mnl_attr_get_payload(attr), 4);
        return true;
    }
    if (family == AF_INET6 && len == 16) {
        memcpy(addr->bytes, mnl_attr_get_payload(attr), 16);
        return true;
    }
    return false;
}

int ul_collect(const struct nlattr *attr, void *tb)
{
    const struct nlattr **attrs = tb;
    uint16_t type = mnl_attr_get_type(attr);

    if (type < UL_ATTRS) {
        attrs[type] = attr;
    }
    return MNL_CB_OK;
}
