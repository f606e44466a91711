/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CONFIG_H
#define ICGW_CONFIG_H

/* The configuration file of ovnic-gw; ovnic-gw.conf explains every key.
 *
 * A configuration is complete and valid or there is none: defaults are filled
 * in, addresses parsed, names checked.  It does not change once it is loaded,
 * so any thread may read it.  The functions have no state of their own. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICGW_CONFIG_MAX_ENCAP_IPS 8
#define ICGW_CONFIG_MAX_PORTS 8
#define ICGW_CONFIG_MAX_ADDRESSES 16 /* per port */
#define ICGW_CONFIG_MAX_CORES 64

/* IPv6 address, or IPv4 address as ::ffff:a.b.c.d.  Network byte order. */
struct icgw_config_ip {
    uint8_t bytes[16];
};

struct icgw_config_address {
    struct icgw_config_ip ip;
    uint8_t prefix_len; /* 1 to 32 for IPv4, 1 to 128 for IPv6 */
};

/* How flows spread over the workers. */
enum icgw_config_spread {
    ICGW_CONFIG_SPREAD_AUTO,
    ICGW_CONFIG_SPREAD_QUEUES,   /* as the device's queues receive them */
    ICGW_CONFIG_SPREAD_SOFTWARE, /* the workers themselves */
};

struct icgw_config_port {
    char name[32];           /* NAME of [port NAME] */
    char *device;            /* PCI address or vdev, with its arguments, as EAL takes it */
    char host_interface[16]; /* fits IFNAMSIZ */
    struct icgw_config_address addresses[ICGW_CONFIG_MAX_ADDRESSES];
    size_t n_addresses;
    uint16_t mtu; /* bytes of IP packet: 1280 to 9600 */
    enum icgw_config_spread spread;
};

struct icgw_config {
    char *chassis; /* Southbound Chassis.name */
    struct icgw_config_ip encap_ips[ICGW_CONFIG_MAX_ENCAP_IPS];
    size_t n_encap_ips; /* at least 1 */
    bool encap_csum;    /* senders are asked for UDP checksums */

    char *southbound;    /* OVSDB remotes, comma-separated, no blanks */
    char *ic_southbound; /* the same */
    char *private_key;   /* absolute paths; all three, or all NULL */
    char *certificate;
    char *ca_cert;

    struct icgw_config_port ports[ICGW_CONFIG_MAX_PORTS]; /* in the order of the file */
    size_t n_ports;                                       /* at least 1 */

    unsigned int cores;  /* worker threads, each on a core of its own */
    bool idle_sleep;     /* workers sleep when nothing arrives */
    bool huge_pages;     /* packet memory in hugepages */
    uint32_t memory_mib; /* packet memory */

    struct icgw_config_ip metrics_ip; /* may be unspecified: every address */
    uint16_t metrics_port;            /* 0: no metrics */
};

/* Reads and checks the file at `path`.  True: *config is the caller's, to be
 * given to icgw_config_free(), and *error is NULL.  False: *config is NULL and
 * *error is one line for the operator, "FILE:LINE: what is wrong; what is
 * allowed", to be given to free(); NULL if memory ran out. */
bool icgw_config_load(const char *path, struct icgw_config **config, char **error);

/* The same for `length` bytes in memory, which messages call `name`. */
bool icgw_config_parse(const char *name, const char *text, size_t length,
                       struct icgw_config **config, char **error);

/* NULL is allowed. */
void icgw_config_free(struct icgw_config *);

#endif
