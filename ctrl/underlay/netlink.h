/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNDERLAY_NETLINK_H
#define UNDERLAY_NETLINK_H

/* Requests to the kernel and its notifications.  Control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "icgw_tables.h"

/* What the kernel puts into one datagram of a dump at most (NLMSG_GOODSIZE is a
 * page, dumps use up to 32 KiB if the reader offers that). */
#define UL_BUFFER 32768

struct ul_netlink {
    struct mnl_socket *events;   /* non-blocking, subscribed */
    struct mnl_socket *requests; /* blocks, but for REQUEST_TIMEOUT_MS at most */
    uint32_t seq;
    bool left_over; /* something may be left of the answer to the last request */
    _Alignas(struct nlmsghdr) char buffer[UL_BUFFER];
};

bool ul_netlink_open(struct ul_netlink *nl, char **error);
void ul_netlink_close(struct ul_netlink *nl);

/* Sends the message, hands each answer to cb (may be NULL) and waits for the
 * end of the dump or the acknowledgement.  0, or a negative errno, of which
 * -EINTR means that what was listed changed meanwhile: cb may have missed some. */
int ul_netlink_request(struct ul_netlink *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data);
/* Likewise for a dump, which is tried again a few times after -EINTR; start() is
 * called before each attempt. */
int ul_netlink_dump(struct ul_netlink *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data,
                    void (*start)(void *data));

/* Hands the next datagram of notifications to cb.  1: there was one; 0: none is
 * waiting; a negative errno, of which -ENOBUFS means that some were lost. */
int ul_netlink_event(struct ul_netlink *nl, mnl_cb_t cb, void *data);
/* Once some were lost: those that wait are older than what the kernel says when
 * asked, and until all of them are read it drops new ones without a word. */
void ul_netlink_discard_events(struct ul_netlink *nl);

/* Addresses in netlink attributes have 4 or 16 bytes, according to family. */
int ul_family(const struct icgw_addr *addr);
void ul_put_addr(struct nlmsghdr *nlh, uint16_t type, const struct icgw_addr *addr);
bool ul_get_addr(const struct nlattr *attr, int family, struct icgw_addr *addr);

/* mnl_attr_parse() callback: fills tb[UL_ATTRS] by type, as far as it goes. */
#define UL_ATTRS 80
int ul_collect(const struct nlattr *attr, void *tb);

/* Sets *error and returns false. */
bool ul_fail(char **error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
