/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CONFIG_SETTERS_H
#define ICGW_CONFIG_SETTERS_H

/* How the value of each key gets into the struct.  Each stores the text, which
 * it may cut up, and returns NULL; or it returns what is wrong with it ("is not
 * a number"), and *culprit, which the caller sets to the text, is the part of
 * the text that is meant. */

#include "icgw_config.h"

#define ICGW_CONFIG_STRING_(x) #x
#define ICGW_CONFIG_STRING(x) ICGW_CONFIG_STRING_(x)

typedef const char *setter(struct icgw_config *, char *text, const char **culprit);

setter config_set_name;
setter config_set_encap_ip;
setter config_set_southbound;
setter config_set_ic_southbound;
setter config_set_private_key;
setter config_set_certificate;
setter config_set_ca_cert;

/* These are about the port that was added last. */
setter config_set_device;
setter config_set_host_interface;
setter config_set_address;
setter config_set_mtu;
setter config_set_spread;

setter config_set_cores;
setter config_set_idle;
setter config_set_encap_csum;
setter config_set_huge_pages;
setter config_set_memory;

setter config_set_metrics;

/* Begins a [port NAME].  NULL, or what is wrong; what is allowed. */
const char *config_add_port(struct icgw_config *, const char *name);

#endif
