/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CONFIG_VALUES_H
#define ICGW_CONFIG_VALUES_H

/* Values of the configuration file: text in, checked value out.  Each returns
 * false, with *out undefined, for text that is not exactly one such value. */

#include <stdbool.h>
#include <stdint.h>

#include "icgw_config.h"

/* Decimal digits only, no sign. */
bool value_number(const char *text, uint32_t min, uint32_t max, uint32_t *out);

/* A unicast address that can belong to a host; not an IPv4-mapped one. */
bool value_ip(const char *text, struct icgw_config_ip *out);
/* ADDRESS/LENGTH. */
bool value_address(const char *text, struct icgw_config_address *out);
bool value_ip_is_v4(const struct icgw_config_ip *);
bool value_ip_is_loopback(const struct icgw_config_ip *);
bool value_ip_is_link_local_v6(const struct icgw_config_ip *);

/* unix:/PATH, tcp:IP:PORT, ssl:IP:PORT, IPv6 addresses in brackets.  Names
 * instead of addresses would need a resolver in the control thread. */
bool value_remote(const char *text);

/* IP:PORT to listen at, IPv6 addresses in brackets; 0.0.0.0 and [::] are every
 * address. */
bool value_listen(const char *text, struct icgw_config_ip *ip, uint16_t *port);

/* PCI address or name of a virtual device, with ",key=value…" or without. */
bool value_device(const char *text);

/* A name of 1 to `max` characters out of letters, digits and - _ . */
bool value_name(const char *text, size_t max);
/* 1 to 255 printable ASCII characters, no blanks or quotes. */
bool value_token(const char *text);
bool value_absolute_path(const char *text);

#endif
