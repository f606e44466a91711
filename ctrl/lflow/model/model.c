/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_private.h"
#include "stage_index.h"

void *model_alloc(size_t size)
{
    void *p = calloc(1, size);
    if (p == NULL) {
        abort();
    }
    return p;
}

char *model_copy(const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        abort();
    }
    return copy;
}

void *model_grow(void *array_pointer, size_t *n, size_t element)
{
    char *array;
    memcpy(&array, array_pointer, sizeof array);
    if ((*n & (*n - 1)) == 0) { /* full at each power of two */
        array = realloc(array, (*n ? 2 * *n : 1) * element);
        if (array == NULL) {
            abort();
        }
        memcpy(array_pointer, &array, sizeof array);
    }
    return memset(array + (*n)++ * element, 0, element);
}

void *model_entry_find(struct model_entry *const *table, const char *name)
{
    struct model_entry *entry;
    HASH_FIND_STR(*table, name, entry);
    return entry ? entry->data : NULL;
}

bool model_entry_add(struct model_entry **table, const char *name, void *data)
{
    if (model_entry_find(table, name) != NULL) {
        return false;
    }
    struct model_entry *entry = model_alloc(sizeof *entry);
    entry->name = model_copy(name);
    entry->data = data;
    HASH_ADD_KEYPTR(hh, *table, entry->name, strlen(entry->name), entry);
    return true;
}

void *model_entry_remove(struct model_entry **table, const char *name)
{
    struct model_entry *entry;
    HASH_FIND_STR(*table, name, entry);
    if (entry == NULL) {
        return NULL;
    }
    void *data = entry->data;
    HASH_DEL(*table, entry);
    free(entry->name);
    free(entry);
    return data;
}

struct model *model_create(const char *self, struct lflow_cache *cache)
{
    static uint64_t last; /* control thread only */
    struct model *m = model_alloc(sizeof *m);
    m->id = ++last;
    m->self = model_copy(self);
    m->cache = cache;
    return m;
}

/* Keys count up from 1, and from the first one of a range. */
static uint32_t place_of(const struct model *m, uint32_t key)
{
    return (key * UINT32_C(0x9e3779b1) >> 8) & m->by_key_mask;
}

void model_index_datapaths(struct model *m)
{
    uint32_t n = 4;
    while (n < 2 * m->n_datapaths) {
        n *= 2;
    }
    free(m->by_key);
    m->by_key = model_alloc(n * sizeof(struct model_datapath *));
    m->by_key_mask = n - 1;
    for (size_t i = 0; i < m->n_datapaths; i++) {
        uint32_t place = place_of(m, m->datapath_list[i]->key);
        while (m->by_key[place] != NULL) {
            place = (place + 1) & m->by_key_mask;
        }
        m->by_key[place] = m->datapath_list[i];
    }
}

struct model_datapath *model_datapath_by_key(const struct model *m, uint32_t key)
{
    if (m->by_key == NULL) {
        return NULL;
    }
    uint32_t place = place_of(m, key);
    while (m->by_key[place] != NULL && m->by_key[place]->key != key) {
        place = (place + 1) & m->by_key_mask;
    }
    return m->by_key[place];
}

struct model_datapath *model_datapath_by_uuid(const struct model *m, const char *uuid)
{
    return model_entry_find(&m->datapaths, uuid);
}

struct model_port *model_port_by_name(const struct model *m, const char *name)
{
    struct model_port_name *found;
    HASH_FIND_STR(m->ports, name, found);
    return found ? found->port : NULL;
}

const struct lflow *model_flow(const struct model *m, const char *uuid)
{
    struct lflow *found;
    HASH_FIND_STR(m->lflows, uuid, found);
    return found;
}

static int compare_port_key(const void *key, const void *port)
{
    return (int)*(const uint16_t *)key - (int)(*(struct model_port *const *)port)->key;
}

struct model_port *model_port_by_key(const struct model_datapath *dp, uint16_t key)
{
    if (dp->n_ports == 0) {
        return NULL;
    }
    struct model_port **found =
        bsearch(&key, dp->ports, dp->n_ports, sizeof *dp->ports, compare_port_key);
    return found ? *found : NULL;
}

const struct model_group *model_group_by_key(const struct model_datapath *dp, uint16_t key)
{
    for (size_t i = 0; i < dp->n_groups; i++) {
        if (dp->groups[i].key == key) {
            return &dp->groups[i];
        }
    }
    return NULL;
}

const struct model_group *model_group_by_name(const struct model_datapath *dp, const char *name)
{
    for (size_t i = 0; i < dp->n_groups; i++) {
        if (strcmp(dp->groups[i].name, name) == 0) {
            return &dp->groups[i];
        }
    }
    return NULL;
}

struct model_chassis *model_chassis_by_name(const struct model *m, const char *name)
{
    return model_entry_find(&m->chassis, name);
}

const struct model_address_set *model_address_set(const struct model *m, const char *name)
{
    return model_entry_find(&m->address_sets, name);
}

/* fe80::/64 with the modified EUI-64 of the address (RFC 4291, appendix A). */
static void link_local(const uint8_t mac[6], struct icgw_addr *ip)
{
    *ip = (struct icgw_addr){
        {0xfe, 0x80, [8] = mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]}};
}

/* The column is a MAC address and IP networks, apart by spaces. */
static bool port_owns(const struct model_port *port, const struct icgw_addr *ip)
{
    struct icgw_addr own;
    bool found = false, v6;

    if (!port->has_mac) {
        return false;
    }
    link_local(port->mac, &own);
    if (memcmp(&own, ip, sizeof own) == 0) {
        return true;
    }
    char *copy = model_copy(port->addresses), *rest = copy;
    for (char *word; !found && (word = strsep(&rest, " ")) != NULL;) {
        word[strcspn(word, "/")] = '\0';
        found = model_parse_ip(word, &own, &v6) && memcmp(&own, ip, sizeof own) == 0;
    }
    free(copy);
    return found;
}

bool model_takes_flooded_answers(const struct model_datapath *dp)
{
    return dp->router && dp->transit;
}

bool model_datapath_owns(const struct model_datapath *dp, const struct icgw_addr *ip)
{
    for (size_t i = 0; i < dp->n_ports; i++) {
        if (port_owns(dp->ports[i], ip)) {
            return true;
        }
    }
    return false;
}

static int compare_name(const void *key, const void *name)
{
    return strcmp(key, *(char *const *)name);
}

static const struct model_port_group *port_group(const struct model *m, const char *name,
                                                 const struct model_datapath *dp)
{
    /* northd makes one row for each switch with ports of the group. */
    char row[600];
    snprintf(row, sizeof row, "%u_%s", dp->key, name);
    return model_entry_find(&m->port_groups, row);
}

bool model_port_group_has(const struct model *m, const char *name, const struct model_datapath *dp,
                          uint16_t key, bool *known)
{
    const struct model_port_group *group = port_group(m, name, dp);
    const struct model_port *port = model_port_by_key(dp, key);
    *known = group != NULL;
    return group != NULL && port != NULL && group->n > 0 &&
           bsearch(port->name, group->ports, group->n, sizeof *group->ports, compare_name) != NULL;
}

const struct model_mac_binding *model_mac_binding(const struct model_port *port, bool v6,
                                                  const struct icgw_addr *ip)
{
    const struct model_datapath *dp = port->datapath;
    size_t low = 0, high = dp->n_mac_bindings;
    while (low < high) { /* sorted by port key, then address */
        size_t middle = (low + high) / 2;
        const struct model_mac_binding *b = &dp->mac_bindings[middle];
        int order = (int)port->key - (int)b->port->key;
        if (order == 0) {
            order = memcmp(ip, &b->ip, sizeof *ip);
        }
        if (order == 0) {
            return b->v6 == v6 ? b : NULL;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

struct model_datapath *const *model_datapaths(const struct model *m, size_t *n)
{
    *n = m->n_datapaths;
    return m->datapath_list;
}

struct model_chassis *const *model_chassis_list(const struct model *m, size_t *n)
{
    *n = m->n_chassis;
    return m->chassis_list;
}

uint64_t model_fingerprint(const struct model *m)
{
    return m->fingerprint;
}

uint64_t model_address_set_fingerprint(const struct model *m, const char *name)
{
    const struct model_address_set *set = model_address_set(m, name);
    return set ? set->fingerprint : 0;
}

uint64_t model_port_group_fingerprint(const struct model *m, const struct model_datapath *dp,
                                      const char *name)
{
    const struct model_port_group *group = port_group(m, name, dp);
    return group ? group->fingerprint : 0;
}

uint64_t model_version(const struct model *m)
{
    return m->version;
}

size_t model_n_flows(const struct model *m)
{
    return HASH_COUNT(m->lflows);
}

bool model_port_resident(const struct model_port *port, const struct model_chassis *at)
{
    bool there = at == NULL ? port->resident : port->chassis == at;
    for (size_t i = 0; i < port->n_additional && at != NULL; i++) {
        there |= port->additional[i].chassis == at;
    }
    return there;
}
