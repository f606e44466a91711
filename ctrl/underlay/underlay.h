/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_UNDERLAY_H
#define ICGW_UNDERLAY_H

/* The kernel's routes and neighbours, followed by netlink.  Control thread only.
 *
 * The kernel resolves; we ask, and copy its answers into tunnel templates. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_tables.h"

struct underlay;

struct underlay_next_hop {
    uint16_t port; /* index of the port whose host interface the route leaves by */
    uint16_t vlan; /* 0: untagged; else the route leaves by an 802.1Q interface on it */
    uint16_t mtu;  /* bytes of IP packet */
    uint8_t eth_src[6];
    uint8_t eth_dst[6];
};

/* Opens netlink sockets and follows the named host interfaces (and 802.1Q
 * interfaces on top of them).  The strings are copied.  NULL with *error
 * (malloc'ed) on failure. */
struct underlay *underlay_open(const char *const *host_interfaces, uint16_t n, char **error);
void underlay_close(struct underlay *);

/* Sets the interface up and puts address/len on it unless it has it. */
bool underlay_add_address(struct underlay *, const char *host_interface,
                          const struct icgw_addr *addr, uint8_t len, char **error);

/* Takes address/len away from it if it has it. */
bool underlay_remove_address(struct underlay *, const char *host_interface,
                             const struct icgw_addr *addr, uint8_t len, char **error);

/* Whether the interface can carry anything, as a plugged or unplugged cable of a
 * NIC says; without it, the kernel's routes choose another interface.  False with
 * *error (malloc'ed): the kernel cannot do that. */
bool underlay_set_carrier(struct underlay *, const char *host_interface, bool up, char **error);

/* Hides from the kernel, but not from packet sockets, what arrives on the
 * interface: for devices that share one with the kernel (net_af_packet).  Undone
 * by underlay_close().  An interface with a clsact qdisc is left as it is. */
bool underlay_shield(struct underlay *, const char *interface, char **error);

/* Replaces the set of (our address, remote address) pairs for which next hops
 * are wanted.  The kernel is asked to resolve them and to keep them resolved. */
struct underlay_path {
    struct icgw_addr local;
    struct icgw_addr remote;
};
void underlay_want(struct underlay *, const struct underlay_path *paths, size_t n);

/* Descriptor to poll for reading; time (ms, CLOCK_MONOTONIC) at which
 * underlay_run() wants to be called at the latest (INT64_MAX: never). */
int underlay_fd(const struct underlay *);
int64_t underlay_wakeup(const struct underlay *);
/* Reads what the kernel says.  True when an answer of underlay_next_hop() may
 * have changed. */
bool underlay_run(struct underlay *);

/* NULL, or why notifications that were lost could not be made up for: next hops may
 * be out of date.  It is tried again, see underlay_wakeup(); the text is valid until
 * the next call of anything here. */
const char *underlay_trouble(const struct underlay *);

/* The next hop towards path->remote, sent from path->local.  False: not
 * resolved; *why then says why ("no route", "route leaves by eth5, which is no
 * host interface of ours", "next hop does not answer", …) and is valid until
 * the next underlay_run() or underlay_want(). */
bool underlay_next_hop(const struct underlay *, const struct underlay_path *path,
                       struct underlay_next_hop *, const char **why);

#endif
