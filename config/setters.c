/* SPDX-License-Identifier: Apache-2.0 */

#include "setters.h"

#include <stdlib.h>
#include <string.h>

#include "values.h"

static const char out_of_memory[] = "does not fit into memory";

/* --- lists and strings */

/* Takes the next comma-separated item off *rest, blanks around it removed;
 * NULL after the last one. */
static char *next_item(char **rest)
{
    char *item = *rest;
    if (item == NULL) {
        return NULL;
    }
    item += strspn(item, " \t");
    char *comma = strchr(item, ',');
    *rest = comma != NULL ? comma + 1 : NULL;

    char *end = comma != NULL ? comma : item + strlen(item);
    while (end > item && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    *end = '\0';
    return item;
}

static const char *keep(char **where, const char *text)
{
    free(*where);
    *where = strdup(text);
    return *where != NULL ? NULL : out_of_memory;
}

static struct icgw_config_port *last_port(struct icgw_config *c)
{
    return &c->ports[c->n_ports - 1];
}

/* --- [chassis] */

const char *config_set_name(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    return value_token(text) ? keep(&c->chassis, text) : "is not a chassis name";
}

static const char *add_encap_ip(struct icgw_config *c, const char *text)
{
    struct icgw_config_ip ip;

    if (!value_ip(text, &ip) || value_ip_is_loopback(&ip) || value_ip_is_link_local_v6(&ip)) {
        return "is not an address for tunnels";
    }
    for (size_t i = 0; i < c->n_encap_ips; i++) {
        if (memcmp(&c->encap_ips[i], &ip, sizeof ip) == 0) {
            return "is given twice";
        }
    }
    if (c->n_encap_ips == ICGW_CONFIG_MAX_ENCAP_IPS) {
        return "is one address too many";
    }
    c->encap_ips[c->n_encap_ips++] = ip;
    return NULL;
}

const char *config_set_encap_ip(struct icgw_config *c, char *text, const char **culprit)
{
    const char *wrong = NULL;
    char *item;

    while (wrong == NULL && (item = next_item(&text)) != NULL) {
        *culprit = item;
        wrong = add_encap_ip(c, item);
    }
    return wrong;
}

/* --- [ovn] */

static const char *set_remotes(char **where, char *text, const char **culprit)
{
    size_t n = 0;
    char *remotes = malloc(strlen(text) + 1);
    char *item;

    if (remotes == NULL) {
        return out_of_memory;
    }
    while ((item = next_item(&text)) != NULL) {
        if (!value_remote(item)) {
            *culprit = item;
            free(remotes);
            return "is not a database";
        }
        if (n > 0) {
            remotes[n++] = ',';
        }
        memcpy(remotes + n, item, strlen(item));
        n += strlen(item);
    }
    remotes[n] = '\0';
    *where = remotes;
    return NULL;
}

const char *config_set_southbound(struct icgw_config *c, char *text, const char **culprit)
{
    return set_remotes(&c->southbound, text, culprit);
}

const char *config_set_ic_southbound(struct icgw_config *c, char *text, const char **culprit)
{
    return set_remotes(&c->ic_southbound, text, culprit);
}

static const char *set_path(char **where, const char *text)
{
    return value_absolute_path(text) ? keep(where, text) : "is not an absolute path";
}

const char *config_set_private_key(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    return set_path(&c->private_key, text);
}

const char *config_set_certificate(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    return set_path(&c->certificate, text);
}

const char *config_set_ca_cert(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    return set_path(&c->ca_cert, text);
}

/* --- [port NAME] */

const char *config_add_port(struct icgw_config *c, const char *name)
{
    if (!value_name(name, sizeof c->ports[0].name - 1)) {
        return "is not a name; allowed: up to 31 letters, digits, and - _ .";
    }
    for (size_t i = 0; i < c->n_ports; i++) {
        if (strcmp(c->ports[i].name, name) == 0) {
            return "is there already; allowed: one section for each port";
        }
    }
    if (c->n_ports == ICGW_CONFIG_MAX_PORTS) {
        return "is one port too many; allowed: up to " ICGW_CONFIG_STRING(ICGW_CONFIG_MAX_PORTS);
    }
    strcpy(c->ports[c->n_ports].name, name);
    c->ports[c->n_ports++].mtu = 1500;
    return NULL;
}

const char *config_set_device(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    if (!value_device(text)) {
        return "is not a device";
    }
    for (size_t i = 0; i + 1 < c->n_ports; i++) {
        if (c->ports[i].device != NULL && strcmp(c->ports[i].device, text) == 0) {
            return "belongs to another port already";
        }
    }
    return keep(&last_port(c)->device, text);
}

const char *config_set_host_interface(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    if (!value_name(text, sizeof last_port(c)->host_interface - 1)) {
        return "is not a name for an interface";
    }
    for (size_t i = 0; i + 1 < c->n_ports; i++) {
        if (strcmp(c->ports[i].host_interface, text) == 0) {
            return "belongs to another port already";
        }
    }
    strcpy(last_port(c)->host_interface, text);
    return NULL;
}

static const char *add_address(struct icgw_config_port *port, const char *text)
{
    struct icgw_config_address a;

    if (!value_address(text, &a) || value_ip_is_loopback(&a.ip)) {
        return "is not an address with prefix length";
    }
    for (size_t i = 0; i < port->n_addresses; i++) {
        if (memcmp(&port->addresses[i].ip, &a.ip, sizeof a.ip) == 0) {
            return "is given twice";
        }
    }
    if (port->n_addresses == ICGW_CONFIG_MAX_ADDRESSES) {
        return "is one address too many";
    }
    port->addresses[port->n_addresses++] = a;
    return NULL;
}

const char *config_set_address(struct icgw_config *c, char *text, const char **culprit)
{
    const char *wrong = NULL;
    char *item;

    while (wrong == NULL && (item = next_item(&text)) != NULL) {
        *culprit = item;
        wrong = add_address(last_port(c), item);
    }
    return wrong;
}

const char *config_set_mtu(struct icgw_config *c, char *text, const char **culprit)
{
    uint32_t mtu;

    (void)culprit;
    /* IPv6 wants 1280 (RFC 8200 section 5). */
    if (!value_number(text, 1280, 9600, &mtu)) {
        return "is not an MTU";
    }
    last_port(c)->mtu = (uint16_t)mtu;
    return NULL;
}

const char *config_set_spread(struct icgw_config *c, char *text, const char **culprit)
{
    static const char *const words[] = {
        [ICGW_CONFIG_SPREAD_AUTO] = "auto",
        [ICGW_CONFIG_SPREAD_QUEUES] = "queues",
        [ICGW_CONFIG_SPREAD_SOFTWARE] = "software",
    };

    (void)culprit;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            last_port(c)->spread = (enum icgw_config_spread)i;
            return NULL;
        }
    }
    return "is not one of the choices";
}

/* --- [workers], [dpdk] */

const char *config_set_cores(struct icgw_config *c, char *text, const char **culprit)
{
    uint32_t cores;

    (void)culprit;
    if (!value_number(text, 1, ICGW_CONFIG_MAX_CORES, &cores)) {
        return "is not a number of cores";
    }
    c->cores = cores;
    return NULL;
}

/* *out: whether the text is `yes` rather than `no`. */
static const char *set_choice(const char *text, const char *yes, const char *no, bool *out)
{
    *out = strcmp(text, yes) == 0;
    return *out || strcmp(text, no) == 0 ? NULL : "is not one of the choices";
}

const char *config_set_idle(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    return set_choice(text, "sleep", "busy", &c->idle_sleep);
}

const char *config_set_encap_csum(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    return set_choice(text, "yes", "no", &c->encap_csum);
}

const char *config_set_huge_pages(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    return set_choice(text, "yes", "no", &c->huge_pages);
}

const char *config_set_memory(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    return value_number(text, 64, 1048576, &c->memory_mib) ? NULL : "is not an amount of memory";
}

/* --- [metrics] */

const char *config_set_metrics(struct icgw_config *c, char *text, const char **culprit)
{
    (void)culprit;
    return value_listen(text, &c->metrics_ip, &c->metrics_port) ? NULL
                                                                : "is no address to listen at";
}
