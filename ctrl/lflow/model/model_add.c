/* SPDX-License-Identifier: Apache-2.0 */

/* Rows into the model. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fingerprint.h"
#include "model_private.h"

bool model_parse_ip(const char *text, struct icgw_addr *ip, bool *v6)
{
    memset(ip, 0, sizeof *ip);
    if (inet_pton(AF_INET, text, &ip->bytes[12]) == 1) {
        ip->bytes[10] = ip->bytes[11] = 0xff;
        *v6 = false;
        return true;
    }
    *v6 = true;
    return inet_pton(AF_INET6, text, ip->bytes) == 1;
}

bool model_parse_mac(const char *text, uint8_t mac[6])
{
    unsigned int b[6];
    int n = 0;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &n) !=
            6 ||
        (text[n] != '\0' && text[n] != ' ')) {
        return false;
    }
    for (int i = 0; i < 6; i++) {
        mac[i] = (uint8_t)b[i];
    }
    return true;
}

struct model_chassis *model_add_chassis(struct model *m, const char *name, bool remote)
{
    struct model_chassis *chassis = model_alloc(sizeof *chassis);
    if (!model_entry_add(&m->chassis, name, chassis)) {
        free(chassis);
        return NULL;
    }
    chassis->name = model_copy(name);
    chassis->remote = remote;
    chassis->self = strcmp(name, m->self) == 0;
    struct model_chassis **slot = model_grow(&m->chassis_list, &m->n_chassis, sizeof *slot);
    *slot = chassis;
    m->chassis_changed = true;
    return chassis;
}

bool model_add_encap(struct model *m, struct model_chassis *chassis, const char *type,
                     const char *ip, bool csum, uint16_t dst_port)
{
    struct icgw_addr addr;
    bool v6;
    (void)m;
    if (!model_parse_ip(ip, &addr, &v6)) {
        return false;
    }
    if (strcmp(type, "geneve") != 0) {
        return true;
    }
    struct model_encap *encap =
        model_grow(&chassis->encaps, &chassis->n_encaps, sizeof *chassis->encaps);
    encap->ip = addr;
    encap->csum = csum;
    encap->dst_port = dst_port;
    return true;
}

static struct model_encap *find_encap(const struct model_chassis *chassis, const char *text)
{
    struct icgw_addr ip;
    bool v6;
    if (text == NULL || !model_parse_ip(text, &ip, &v6)) {
        return NULL;
    }
    for (size_t i = 0; i < chassis->n_encaps; i++) {
        if (memcmp(&chassis->encaps[i].ip, &ip, sizeof ip) == 0) {
            return &chassis->encaps[i];
        }
    }
    return NULL;
}

void model_prefer_encap(struct model_chassis *chassis, const char *ip)
{
    struct model_encap *encap = find_encap(chassis, ip);
    if (encap != NULL) {
        struct model_encap first = chassis->encaps[0];
        chassis->encaps[0] = *encap;
        *encap = first;
    }
}

struct model_datapath *model_add_datapath(struct model *m, const char *uuid, const char *name,
                                          int64_t key, bool router, bool transit)
{
    if (key <= 0 || key > MODEL_MAX_VNI) {
        return NULL;
    }
    struct model_datapath *dp = model_alloc(sizeof *dp);
    if (!model_entry_add(&m->datapaths, uuid, dp)) {
        free(dp);
        return NULL;
    }
    dp->uuid = model_copy(uuid);
    dp->name = model_copy(name);
    dp->key = (uint32_t)key;
    dp->router = router;
    dp->transit = dp->marked_transit = transit;
    struct model_datapath **slot = model_grow(&m->datapath_list, &m->n_datapaths, sizeof *slot);
    *slot = dp;
    m->unsorted = m->others_changed = true;
    model_touch(m, dp);
    return dp;
}

static enum model_port_type port_type(const char *type)
{
    static const struct {
        const char *name;
        enum model_port_type type;
    } types[] = {
        {"", MODEL_PORT_VIF},
        {"patch", MODEL_PORT_PATCH},
        {"l3gateway", MODEL_PORT_L3GATEWAY},
        {"chassisredirect", MODEL_PORT_CHASSISREDIRECT},
        {"remote", MODEL_PORT_REMOTE},
        {"localport", MODEL_PORT_LOCALPORT},
        {"virtual", MODEL_PORT_VIRTUAL},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, type) == 0) {
            return types[i].type;
        }
    }
    return MODEL_PORT_OTHER;
}

static void bind_port(const struct model *m, struct model_port *port, const char *chassis,
                      const char *encap_ip)
{
    port->chassis = chassis && *chassis ? model_chassis_by_name(m, chassis) : NULL;
    port->encap = port->chassis != NULL ? find_encap(port->chassis, encap_ip) : NULL;
}

struct model_port *model_add_port(struct model *m, const struct model_port_row *row)
{
    struct model_datapath *dp = model_datapath_by_uuid(m, row->datapath);
    if (dp == NULL || row->key <= 0 || row->key >= MODEL_FIRST_MULTICAST_KEY) {
        return NULL;
    }
    struct model_port *port = model_alloc(sizeof *port);
    port->name = model_copy(row->name);
    port->peer_name = model_copy(row->peer);
    port->datapath = dp;
    if (!model_names_add(m, port)) {
        model_port_free(port);
        return NULL;
    }
    port->type_name = model_copy(row->type);
    port->type = port_type(row->type);
    port->key = (uint16_t)row->key;
    port->port_security = row->port_security;
    port->distributed_name = model_copy(row->distributed_port);
    port->addresses = model_copy(row->mac);
    port->has_mac = row->mac != NULL && model_parse_mac(row->mac, port->mac);
    bind_port(m, port, row->chassis, row->encap_ip);
    port->resident = row->standby || (port->chassis != NULL && port->chassis->self);
    struct model_port **slot = model_grow(&dp->ports, &dp->n_ports, sizeof *slot);
    *slot = port;
    model_touch(m, dp);
    return port;
}

bool model_add_additional_chassis(struct model *m, const char *port_name, const char *chassis_name,
                                  const char *encap_ip)
{
    struct model_port *port = model_port_by_name(m, port_name);
    const struct model_chassis *chassis = model_chassis_by_name(m, chassis_name);
    if (port == NULL || chassis == NULL) {
        return false;
    }
    model_touch(m, port->datapath);
    struct model_place *place = model_grow(&port->additional, &port->n_additional, sizeof *place);
    place->chassis = chassis;
    place->encap = find_encap(chassis, encap_ip);
    return true;
}

bool model_locate_port(struct model *m, const char *transit_switch, const char *logical_port,
                       const char *chassis, const char *encap_ip)
{
    struct model_port *port = model_port_by_name(m, logical_port);
    if (port == NULL || port->type != MODEL_PORT_REMOTE || !port->datapath->transit ||
        strcmp(port->datapath->name, transit_switch) != 0) {
        return false;
    }
    bind_port(m, port, chassis, encap_ip);
    model_touch(m, port->datapath);
    return true;
}

bool model_add_group(struct model *m, const char *datapath, const char *name, int64_t key,
                     const char *const *ports, size_t n_ports)
{
    struct model_datapath *dp = model_datapath_by_uuid(m, datapath);
    if (dp == NULL || key < MODEL_FIRST_MULTICAST_KEY || key > UINT16_MAX) {
        return false;
    }
    model_touch(m, dp);
    struct model_group *group = model_grow(&dp->groups, &dp->n_groups, sizeof *group);
    group->name = model_copy(name);
    group->key = (uint16_t)key;
    for (size_t i = 0; i < n_ports; i++) {
        struct model_port *port = model_port_by_name(m, ports[i]);
        if (port != NULL && port->datapath == dp) {
            struct model_port **slot = model_grow(&group->ports, &group->n_ports, sizeof *slot);
            *slot = port;
        }
    }
    return true;
}

bool model_add_mac_binding(struct model *m, const char *datapath, const char *port_name,
                           const char *ip, const char *mac)
{
    struct model_datapath *dp = model_datapath_by_uuid(m, datapath);
    const struct model_port *port = model_port_by_name(m, port_name);
    struct model_mac_binding binding = {.port = port};
    if (dp == NULL || port == NULL || port->datapath != dp ||
        !model_parse_ip(ip, &binding.ip, &binding.v6) || !model_parse_mac(mac, binding.mac)) {
        return false;
    }
    model_touch(m, dp);
    struct model_mac_binding *slot =
        model_grow(&dp->mac_bindings, &dp->n_mac_bindings, sizeof *slot);
    *slot = binding;
    return true;
}

bool model_add_fdb(struct model *m, int64_t datapath_key, const char *mac, int64_t port_key)
{
    struct model_fdb fdb;
    if (port_key <= 0 || port_key >= MODEL_FIRST_MULTICAST_KEY || !model_parse_mac(mac, fdb.mac)) {
        return false;
    }
    fdb.port_key = (uint16_t)port_key;
    model_sort_datapaths(m);
    struct model_datapath *dp = datapath_key > 0 && datapath_key <= MODEL_MAX_VNI
                                    ? model_datapath_by_key(m, (uint32_t)datapath_key)
                                    : NULL;
    if (dp == NULL) {
        return false;
    }
    model_touch(m, dp);
    struct model_fdb *slot = model_grow(&dp->fdb, &dp->n_fdb, sizeof *slot);
    *slot = fdb;
    return true;
}

static uint8_t significant_bits(wide value)
{
    uint8_t n = 0;
    for (; value != 0; value >>= 1) {
        n++;
    }
    return n;
}

/* As ovn-controller takes constants: an address is as wide as its family has it, a number
 * or mask as it has to be, and a mask is only what is written.  10.0.0.5 is ::10.0.0.5 to
 * an IPv6 field, 10.0.0.5/32 any address that ends so. */
static bool parse_address(const char *text, struct model_address *a)
{
    enum integer_format format;
    bool masked;
    if (!lex_constant(text, &a->value, &a->mask, &masked, &format)) {
        return false;
    }
    if (masked) {
        a->width = significant_bits(a->mask);
        return true;
    }
    bool number = format == FORMAT_DECIMAL || format == FORMAT_HEX;
    a->width = number ? significant_bits(a->value) : (uint8_t)integer_width(format);
    a->mask = ~(wide)0;
    return true;
}

bool model_add_address_set(struct model *m, const char *name, const char *const *addresses,
                           size_t n)
{
    struct model_address_set *set = model_alloc(sizeof *set);
    if (!model_entry_add(&m->address_sets, name, set)) {
        free(set);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct model_address address;
        if (parse_address(addresses[i], &address)) {
            struct model_address *slot = model_grow(&set->addresses, &set->n, sizeof *slot);
            *slot = address;
            set->width = address.width > set->width ? address.width : set->width;
        }
    }
    set->fingerprint = model_fingerprint_address_set(set);
    model_note(m, model_set_token(name));
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool model_add_port_group(struct model *m, const char *name, const char *const *ports, size_t n)
{
    struct model_port_group *group = model_alloc(sizeof *group);
    if (!model_entry_add(&m->port_groups, name, group)) {
        free(group);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char **slot = model_grow(&group->ports, &group->n, sizeof *slot);
        *slot = model_copy(ports[i]);
    }
    if (n > 0) {
        qsort(group->ports, group->n, sizeof *group->ports, compare_names);
    }
    group->fingerprint = model_fingerprint_port_group(group);
    model_note(m, model_set_token(name));
    return true;
}

/* The datapaths among those that there are, each once. */
static uint32_t known_datapaths(struct model *m, const char *const *uuids, size_t n,
                                struct model_datapath **known)
{
    uint32_t n_known = 0;
    m->n_asked++;
    for (size_t i = 0; i < n; i++) {
        struct model_datapath *dp = model_datapath_by_uuid(m, uuids[i]);
        if (dp != NULL && dp->asked != m->n_asked) {
            dp->asked = m->n_asked;
            known[n_known++] = dp;
        }
    }
    return n_known;
}

void model_name_stage(struct model *m, bool router, enum model_pipeline pipeline, int64_t table,
                      const char *name)
{
    if (table >= 0 && table < MODEL_MAX_TABLES) {
        snprintf(m->stage_names[router][pipeline][table], MODEL_STAGE_NAME, "%s", name);
    }
}

static struct lflow *add_lflow(struct model *m, struct model_datapath *const *datapaths, uint32_t n,
                               const struct model_flow_row *row)
{
    const char *uuid = row->uuid ? row->uuid : "";
    size_t list_size = n * sizeof *datapaths, uuid_size = strlen(uuid) + 1;
    struct lflow *lflow = model_alloc(sizeof *lflow + list_size + uuid_size);
    char *text = (char *)&lflow->datapaths[n];
    lflow->code = row->code != NULL ? lflow_code_ref(row->code)
                                    : lflow_cache_get(m->cache, row->match, row->actions);
    lflow->uuid = memcpy(text, uuid, uuid_size);
    lflow->stage = m->stage_names[datapaths[0]->router][row->pipeline][row->table];
    if (row->stage != NULL) {
        model_name_stage(m, datapaths[0]->router, row->pipeline, row->table, row->stage);
    }
    lflow->table = (int)row->table;
    lflow->priority = (int32_t)row->priority;
    lflow->egress = row->pipeline == MODEL_EGRESS;
    lflow->n_datapaths = n;
    memcpy(lflow->datapaths, datapaths, list_size);
    HASH_ADD_KEYPTR(hh, m->lflows, lflow->uuid, uuid_size - 1, lflow);
    return lflow;
}

bool model_add_flow(struct model *m, const char *const *datapaths, size_t n_datapaths,
                    const struct model_flow_row *row)
{
    if (row->table < 0 || row->table >= MODEL_MAX_TABLES || row->priority < 0 ||
        row->priority > UINT16_MAX) {
        return false;
    }
    struct model_datapath **known = model_alloc((n_datapaths + 1) * sizeof *known);
    uint32_t n = known_datapaths(m, datapaths, n_datapaths, known);
    const struct lflow *lflow = n > 0 ? add_lflow(m, known, n, row) : NULL;
    for (uint32_t i = 0; i < n; i++) {
        struct model_datapath *dp = known[i];
        struct model_stage *stage = &dp->stages[row->pipeline][row->table];
        struct model_flow *flow = model_grow(&stage->flows, &stage->n_flows, sizeof *flow);
        *flow = (struct model_flow){lflow, lflow->priority};
        dp->stale[row->pipeline] |= UINT64_C(1) << row->table;
        fingerprint_add(&dp->flows_fingerprint, model_flow_fingerprint(lflow));
        model_touch(m, dp);
    }
    free(known);
    return n > 0;
}
