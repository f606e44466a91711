/* SPDX-License-Identifier: Apache-2.0 */

#include "schema.h"

#include <string.h>

#define UP_TO(n) "up to " ICGW_CONFIG_STRING(n) ", separated by commas"
#define REMOTES "unix:/PATH, tcp:IP:PORT, ssl:IP:PORT, several separated by commas"
#define PEM_FILE "/PATH of a PEM file"

static const struct schema_key chassis_keys[] = {
    {"name", REQUIRED, config_set_name, "1 to 255 printable characters, no blanks or quotes"},
    {"encap-ip", REQUIRED, config_set_encap_ip,
     "unicast IPv4 and IPv6 addresses, " UP_TO(ICGW_CONFIG_MAX_ENCAP_IPS)},
    {"encap-csum", 0, config_set_encap_csum, "yes or no"},
    {0},
};

static const struct schema_key ovn_keys[] = {
    {"southbound", REQUIRED, config_set_southbound, REMOTES},
    {"ic-southbound", REQUIRED, config_set_ic_southbound, REMOTES},
    {"private-key", 0, config_set_private_key, PEM_FILE},
    {"certificate", 0, config_set_certificate, PEM_FILE},
    {"ca-cert", 0, config_set_ca_cert, PEM_FILE},
    {0},
};

static const struct schema_key port_keys[] = {
    {"device", REQUIRED, config_set_device,
     "a PCI address (0000:03:00.0) or a DPDK vdev (net_af_packet0,iface=eth1)"},
    {"host-interface", REQUIRED, config_set_host_interface, "up to 15 letters, digits, and - _ ."},
    {"address", REPEATS, config_set_address, "IP/LENGTH, " UP_TO(ICGW_CONFIG_MAX_ADDRESSES)},
    {"mtu", 0, config_set_mtu, "1280 to 9600 (bytes)"},
    {"spread", 0, config_set_spread, "auto, queues or software"},
    {0},
};

static const struct schema_key workers_keys[] = {
    {"cores", 0, config_set_cores, "1 to " ICGW_CONFIG_STRING(ICGW_CONFIG_MAX_CORES)},
    {"idle", 0, config_set_idle, "sleep or busy"},
    {0},
};

static const struct schema_key dpdk_keys[] = {
    {"huge-pages", 0, config_set_huge_pages, "yes or no"},
    {"memory", 0, config_set_memory, "64 to 1048576 (MiB)"},
    {0},
};

static const struct schema_key metrics_keys[] = {
    {"listen", REQUIRED, config_set_metrics, "IP:PORT (127.0.0.1:9476, [::1]:9476)"},
    {0},
};

const struct schema_section schema_sections[SCHEMA_N_SECTIONS] = {
    {"chassis", REQUIRED, chassis_keys},
    {"ovn", REQUIRED, ovn_keys},
    {"port", REQUIRED | NAMED, port_keys},
    {"workers", 0, workers_keys},
    {"dpdk", 0, dpdk_keys},
    {"metrics", 0, metrics_keys},
};

const char *schema_check(const struct icgw_config *c)
{
    bool all = c->private_key != NULL && c->certificate != NULL && c->ca_cert != NULL;
    bool any = c->private_key != NULL || c->certificate != NULL || c->ca_cert != NULL;
    bool ssl = strstr(c->southbound, "ssl:") != NULL || strstr(c->ic_southbound, "ssl:") != NULL;

    if (ssl && !all) {
        return "an ssl: database needs credentials; "
               "allowed: private-key, certificate and ca-cert in [ovn]";
    }
    if (any && !all) {
        return "the credentials in [ovn] are not complete; "
               "allowed: private-key, certificate and ca-cert, or none of them";
    }
    return NULL;
}
