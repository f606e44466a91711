/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "import.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "values.h"

#define CONFIG_MAP "ovn-ic-config"
/* Kube-OVN's default port of IC-SB. */
#define DEFAULT_SB_PORT "6646"

/* --- YAML; JSON is YAML, too */

/* Value of a key in a mapping; NULL: none. */
static yaml_node_t *get(yaml_document_t *doc, yaml_node_t *mapping, const char *key)
{
    if (mapping == NULL || mapping->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
         p < mapping->data.mapping.pairs.top; p++) {
        yaml_node_t *name = yaml_document_get_node(doc, p->key);
        if (name != NULL && name->type == YAML_SCALAR_NODE &&
            !strcmp((const char *)name->data.scalar.value, key)) {
            return yaml_document_get_node(doc, p->value);
        }
    }
    return NULL;
}

/* "" where there is none.  A NUL inside cuts it. */
static const char *text_of(yaml_document_t *doc, yaml_node_t *mapping, const char *key)
{
    yaml_node_t *node = get(doc, mapping, key);
    return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                          : "";
}

static bool is_config_map(yaml_document_t *doc, yaml_node_t *node)
{
    return !strcmp(text_of(doc, node, "kind"), "ConfigMap") &&
           !strcmp(text_of(doc, get(doc, node, "metadata"), "name"), CONFIG_MAP);
}

/* The ConfigMap in a document: the document, or an item of a List. */
static yaml_node_t *find_config_map(yaml_document_t *doc)
{
    yaml_node_t *root = yaml_document_get_root_node(doc);
    yaml_node_t *items = get(doc, root, "items");
    if (is_config_map(doc, root)) {
        return root;
    }
    if (items == NULL || items->type != YAML_SEQUENCE_NODE) {
        return NULL;
    }
    for (yaml_node_item_t *i = items->data.sequence.items.start; i < items->data.sequence.items.top;
         i++) {
        yaml_node_t *item = yaml_document_get_node(doc, *i);
        if (is_config_map(doc, item)) {
            return item;
        }
    }
    return NULL;
}

/* --- what it says */

static bool is_name(const char *text)
{
    return value_token(text);
}

static char *first_of(const char *list)
{
    return list != NULL ? xmemdup0(list, strcspn(list, ",")) : NULL;
}

/* "10.0.0.1,10.0.0.2" and "6646" as remotes. */
static char *remotes(struct import_config *c, const char *hosts, const char *port)
{
    struct ds list = DS_EMPTY_INITIALIZER;
    char *copy = xstrdup(hosts), *save = NULL;
    for (char *host = strtok_r(copy, ", []\t\r\n", &save); host != NULL;
         host = strtok_r(NULL, ", []\t\r\n", &save)) {
        bool v6 = strchr(host, ':') != NULL;
        ds_put_format(&list, "%stcp:%s%s%s:%s", list.length ? "," : "", v6 ? "[" : "", host,
                      v6 ? "]" : "", *port ? port : DEFAULT_SB_PORT);
    }
    char *good = import_list(c, "ic-db-host, ic-sb-port", ds_cstr(&list), value_remote);
    ds_destroy(&list);
    free(copy);
    return good;
}

static void take_gateways(struct import_config *c, const char *gw_nodes)
{
    char *nodes = import_list(c, "gw-nodes", gw_nodes, is_name);
    c->name = first_of(nodes);
    if (nodes != NULL) {
        import_say(c, "gw-nodes: %s; this file is for the first, each of the others needs its own.",
                   nodes);
    }
    import_say(c, "Kube-OVN knows a node's chassis by its system-id, not by the node's name: where "
                  "this gateway");
    import_say(c, "takes the place of a node's, name is what `ovn-sbctl show` has for that node.");
    free(nodes);
}

static void take(struct import_config *c, yaml_document_t *doc, yaml_node_t *data)
{
    const char *zone = text_of(doc, data, "az-name");
    if (!strcmp(text_of(doc, data, "enable-ic"), "false")) {
        import_say(c, "enable-ic is \"false\": Kube-OVN does not connect this zone now.");
    }
    import_say(c, "Availability zone %.80s; Kube-OVN and ovn-ic go on naming it.", zone);
    take_gateways(c, text_of(doc, data, "gw-nodes"));
    c->ic_southbound =
        remotes(c, text_of(doc, data, "ic-db-host"), text_of(doc, data, "ic-sb-port"));
    if (strcmp(text_of(doc, data, "auto-route"), "true") != 0) {
        import_say(c, "auto-route is off: routes between zones are yours to add, as before.");
    }
    import_say(c, "ic-nb-port and auto-route stay with Kube-OVN: a gateway does not need them.");
    import_say(c, "With ENABLE_SSL in Kube-OVN write ssl: for tcp:, and private-key, certificate, "
                  "ca-cert in [ovn].");
}

static void describe_error(const yaml_parser_t *parser, const char *source, char **error)
{
    *error = xasprintf("%s:%zu: %s; what is needed is the output of: kubectl -n kube-system get "
                       "configmap " CONFIG_MAP " -o yaml",
                       source, parser->problem_mark.line + 1,
                       parser->problem ? parser->problem : "is no YAML");
}

/* Document by document; *found: the ConfigMap was there. */
static bool read_documents(yaml_parser_t *parser, struct import_config *c, bool *found)
{
    for (;;) {
        yaml_document_t doc;
        if (!yaml_parser_load(parser, &doc)) {
            return false;
        }
        bool end = yaml_document_get_root_node(&doc) == NULL;
        yaml_node_t *map = end ? NULL : find_config_map(&doc);
        if (map != NULL) {
            take(c, &doc, get(&doc, map, "data"));
            *found = true;
        }
        yaml_document_delete(&doc);
        if (end || *found) {
            return true;
        }
    }
}

bool import_kube_ovn(const char *text, size_t length, const char *source, struct ds *ds,
                     char **error)
{
    struct import_config c;
    yaml_parser_t parser;
    bool found = false;

    if (!yaml_parser_initialize(&parser)) {
        *error = xstrdup("out of memory");
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    import_init(&c, "ConfigMap " CONFIG_MAP, source);
    if (!read_documents(&parser, &c, &found)) {
        describe_error(&parser, source, error);
    } else if (!found) {
        *error = xasprintf("%s: has no ConfigMap called " CONFIG_MAP, source);
    } else {
        import_write(&c, ds);
    }
    import_clear(&c);
    yaml_parser_delete(&parser);
    return *error == NULL;
}
