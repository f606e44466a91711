/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "import.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "smap.h"
#include "util.h"
#include "values.h"
#include "view.h"

/* --- rows, as ovs-vsctl and as the server write them */

/* Value of a column in the first row; NULL: none. */
static const struct json *column(const struct json *rows, const char *name)
{
    const struct json *headings = view_get(rows, "headings");
    const struct json *row = view_at(view_get(rows, "data"), 0);
    if (headings == NULL) {
        return view_get(view_at(view_get(rows, "rows"), 0), name);
    }
    for (size_t i = 0; i < view_count(headings); i++) {
        if (!strcmp(view_string_at(headings, i), name)) {
            return view_at(row, i);
        }
    }
    return NULL;
}

/* ["map", [["key", "value"], …]], RFC 7047, 5.1. */
static void read_map(const struct json *value, struct smap *map)
{
    const struct json *pairs = view_at(value, 1);
    const struct json *pair;
    if (strcmp(view_string_at(value, 0), "map") != 0) {
        return;
    }
    VIEW_FOR_EACH(pair, i, pairs)
    {
        smap_replace(map, view_string_at(pair, 0), view_string_at(pair, 1));
    }
}

static const char *text_column(const struct json *rows, const char *name)
{
    const struct json *value = column(rows, name);
    return value != NULL && value->type == JSON_STRING ? json_string(value) : "";
}

/* --- what they say */

static bool is_ip(const char *text)
{
    struct icgw_config_ip ip;
    return value_ip(text, &ip) && !value_ip_is_loopback(&ip) && !value_ip_is_link_local_v6(&ip);
}

/* Chassis-specific settings win: KEY-CHASSIS before KEY (ovn-controller(8)). */
static const char *get(const struct smap *ids, const char *key)
{
    char *own = xasprintf("%s-%s", key, smap_get_def(ids, "system-id", ""));
    const char *value = smap_get_def(ids, own, smap_get_def(ids, key, ""));
    free(own);
    return value;
}

static void take_encaps(struct import_config *c, const struct smap *ids)
{
    const char *types = get(ids, "ovn-encap-type");
    c->encap_ip = import_list(c, "ovn-encap-ip", get(ids, "ovn-encap-ip"), is_ip);
    if (*types != '\0' && strstr(types, "geneve") == NULL) {
        import_say(c,
                   "ovn-encap-type is %.80s: this gateway speaks Geneve only, so the other "
                   "chassis must have it, too.",
                   types);
    } else if (strchr(types, ',') != NULL) {
        import_say(c, "ovn-encap-type is %.80s: of these, only Geneve is used.", types);
    }
    c->no_csum = !strcmp(get(ids, "ovn-encap-csum"), "false");
}

/* Settings that this gateway has no use for, or cannot follow. */
static void say_rest(struct import_config *c, const struct smap *ids)
{
    static const struct {
        const char *key;
        const char *why;
    } rest[] = {
        {"ovn-bridge-mappings",
         "not carried over: a gateway between zones has no localnet ports; leave them to another "
         "chassis"},
        {"ovn-chassis-mac-mappings", "not carried over, as ovn-bridge-mappings"},
        {"ovn-transport-zones",
         "not carried over: transport zones are not supported, tunnels go to every chassis"},
        {"ovn-cms-options", "not carried over: the CMS may not choose this gateway by itself"},
        {"ovn-encap-tos", "not carried over: DSCP 0"},
        {"ovn-encap-df_default", "not carried over: DF is always set"},
        {"ovn-remote-probe-interval", "not carried over: 30 s"},
        {"ovn-bridge", "not needed: there is no integration bridge"},
        {"ovn-bridge-datapath-type", "not needed: there is no integration bridge"},
        {"ovn-monitor-all", "not needed: only what matters is read"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
        const char *value = get(ids, rest[i].key);
        if (*value != '\0') {
            import_say(c, "%s=%.80s: %s.", rest[i].key, value, rest[i].why);
        }
    }
    if (strcmp(get(ids, "ovn-is-interconn"), "true") != 0) {
        import_say(c, "ovn-is-interconn is not true: this was no interconnection gateway so far.");
    }
}

static char *path_of(const struct json *ssl, const char *name)
{
    const char *path = text_column(ssl, name);
    return value_absolute_path(path) && strpbrk(path, " \t\r\n;#") == NULL ? xstrdup(path) : NULL;
}

static void take_tls(struct import_config *c, const struct json *ssl)
{
    bool needed = c->southbound != NULL && strstr(c->southbound, "ssl:") != NULL;
    c->private_key = path_of(ssl, "private_key");
    c->certificate = path_of(ssl, "certificate");
    c->ca_cert = path_of(ssl, "ca_cert");
    if (needed && (c->private_key == NULL || c->certificate == NULL || c->ca_cert == NULL)) {
        import_say(c, "The Southbound wants TLS: private-key, certificate and ca-cert in [ovn] are "
                      "what `ovs-vsctl get-ssl` prints.");
    }
    if (ssl != NULL && column(ssl, "bootstrap_ca_cert") != NULL &&
        column(ssl, "bootstrap_ca_cert")->type == JSON_TRUE) {
        import_say(c, "bootstrap_ca_cert is not carried over: ca-cert must be there.");
    }
}

bool import_ovs(const struct json *rows, const struct json *ssl, const char *source, struct ds *ds,
                char **error)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct import_config c;

    if (column(rows, "external_ids") == NULL) {
        *error = xasprintf("%s: has no column external_ids; what is needed is the output of: "
                           "ovs-vsctl --format=json list Open_vSwitch",
                           source);
        return false;
    }
    read_map(column(rows, "external_ids"), &ids);
    import_init(&c, "Open_vSwitch", source);
    import_say(&c, "Stop ovn-controller of this host before ovnic-gw starts: a chassis has one.");
    c.name = value_token(smap_get_def(&ids, "system-id", "")) ? xstrdup(smap_get(&ids, "system-id"))
                                                              : NULL;
    c.southbound = import_list(&c, "ovn-remote", get(&ids, "ovn-remote"), value_remote);
    import_say(&c, "The Interconnection Southbound is known to ovn-ic (--ic-sb-db), not to Open "
                   "vSwitch.");
    take_encaps(&c, &ids);
    take_tls(&c, ssl);
    say_rest(&c, &ids);
    import_write(&c, ds);
    import_clear(&c);
    smap_destroy(&ids);
    return true;
}
