/* SPDX-License-Identifier: Apache-2.0 */
#include "model_file.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "model_private.h"

/* A field after a tab.  What separates fields and lines is written as \t, \n
 * and \\; no text at all, as \-. */
static void put(FILE *f, const char *text)
{
    putc('\t', f);
    if (text == NULL) {
        fputs("\\-", f);
        return;
    }
    for (;;) {
        size_t plain = strcspn(text, "\t\n\\");
        fwrite(text, 1, plain, f);
        text += plain;
        if (*text == '\0') {
            return;
        }
        fputs(*text == '\t' ? "\\t" : *text == '\n' ? "\\n" : "\\\\", f);
        text++;
    }
}

static void put_number(FILE *f, int64_t n)
{
    fprintf(f, "\t%" PRId64, n);
}

static void put_mac(FILE *f, const uint8_t mac[6])
{
    fprintf(f, "\t%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void put_ip(FILE *f, const struct icgw_addr *ip)
{
    char text[INET6_ADDRSTRLEN];
    bool v4 = icgw_addr_is_v4(ip);
    put(f, inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? ip->bytes + 12 : ip->bytes, text, sizeof text));
}

static void save_chassis(const struct model *m, FILE *f)
{
    for (size_t i = 0; i < m->n_chassis; i++) {
        const struct model_chassis *chassis = m->chassis_list[i];
        putc('C', f);
        put(f, chassis->name);
        put_number(f, chassis->remote);
        putc('\n', f);
        for (size_t k = 0; k < chassis->n_encaps; k++) {
            putc('E', f);
            put_ip(f, &chassis->encaps[k].ip);
            put_number(f, chassis->encaps[k].csum);
            put_number(f, chassis->encaps[k].dst_port);
            putc('\n', f);
        }
    }
}

static void put_encap(FILE *f, const struct model_encap *encap)
{
    if (encap != NULL) {
        put_ip(f, &encap->ip);
    } else {
        put(f, NULL);
    }
}

static void save_additional_chassis(const struct model_port *port, FILE *f)
{
    for (size_t i = 0; i < port->n_additional; i++) {
        putc('B', f);
        put(f, port->name);
        put(f, port->additional[i].chassis->name);
        put_encap(f, port->additional[i].encap);
        putc('\n', f);
    }
}

static void save_port(const struct model_port *port, FILE *f)
{
    putc('P', f);
    put(f, port->name);
    put(f, port->type_name);
    put_number(f, port->key);
    put(f, port->datapath->uuid);
    put(f, port->chassis ? port->chassis->name : NULL);
    put_encap(f, port->encap);
    put(f, port->peer_name);
    put(f, port->distributed_name);
    put(f, port->addresses);
    put_number(f, port->port_security);
    put_number(f, port->resident);
    putc('\n', f);
    save_additional_chassis(port, f);
}

static void save_datapath(const struct model_datapath *dp, FILE *f)
{
    for (size_t i = 0; i < dp->n_groups; i++) {
        const struct model_group *group = &dp->groups[i];
        putc('G', f);
        put(f, dp->uuid);
        put(f, group->name);
        put_number(f, group->key);
        for (size_t k = 0; k < group->n_ports; k++) {
            put(f, group->ports[k]->name);
        }
        putc('\n', f);
    }
    for (size_t i = 0; i < dp->n_mac_bindings; i++) {
        putc('M', f);
        put(f, dp->uuid);
        put(f, dp->mac_bindings[i].port->name);
        put_ip(f, &dp->mac_bindings[i].ip);
        put_mac(f, dp->mac_bindings[i].mac);
        putc('\n', f);
    }
    for (size_t i = 0; i < dp->n_fdb; i++) {
        putc('F', f);
        put_number(f, dp->key);
        put_mac(f, dp->fdb[i].mac);
        put_number(f, dp->fdb[i].port_key);
        putc('\n', f);
    }
}

/* A constant that is read as what it is: of no mask, its format tells its width. */
static void put_address(FILE *f, const struct model_address *a)
{
    uint8_t bytes[6];
    bool unmasked = a->mask == ~(wide)0;
    if (unmasked && a->width == 32) {
        wide_to_bytes(a->value, bytes, 4);
        fprintf(f, "\t%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    } else if (unmasked && a->width == 48) {
        wide_to_bytes(a->value, bytes, 6);
        put_mac(f, bytes);
    } else {
        fprintf(f, "\t0x%" PRIx64 "%016" PRIx64, (uint64_t)(a->value >> 64), (uint64_t)a->value);
    }
    if (!unmasked || a->width == 128) {
        fprintf(f, "/0x%" PRIx64 "%016" PRIx64, (uint64_t)(a->mask >> 64), (uint64_t)a->mask);
    }
}

static void save_sets(const struct model *m, FILE *f)
{
    const struct model_entry *entry;
    for (entry = m->address_sets; entry != NULL; entry = entry->hh.next) {
        const struct model_address_set *set = entry->data;
        putc('A', f);
        put(f, entry->name);
        for (size_t i = 0; i < set->n; i++) {
            put_address(f, &set->addresses[i]);
        }
        putc('\n', f);
    }
    for (entry = m->port_groups; entry != NULL; entry = entry->hh.next) {
        const struct model_port_group *group = entry->data;
        putc('R', f);
        put(f, entry->name);
        for (size_t i = 0; i < group->n; i++) {
            put(f, group->ports[i]);
        }
        putc('\n', f);
    }
}

static void save_flows(const struct model *m, FILE *f)
{
    for (const struct lflow *lflow = m->lflows; lflow != NULL; lflow = lflow->hh.next) {
        putc('L', f);
        put(f, lflow->uuid);
        put(f, lflow->stage);
        put_number(f, lflow->egress);
        put_number(f, lflow->table);
        put_number(f, lflow->priority);
        put(f, lflow->code->match_text);
        put(f, lflow->code->actions_text);
        for (uint32_t i = 0; i < lflow->n_datapaths; i++) {
            put(f, lflow->datapaths[i]->uuid);
        }
        putc('\n', f);
    }
}

bool model_save(const struct model *m, FILE *f)
{
    save_chassis(m, f);
    for (size_t i = 0; i < m->n_datapaths; i++) {
        const struct model_datapath *dp = m->datapath_list[i];
        putc('D', f);
        put(f, dp->uuid);
        put(f, dp->name);
        put_number(f, dp->key);
        put_number(f, dp->router);
        put_number(f, dp->transit);
        putc('\n', f);
    }
    for (size_t i = 0; i < m->n_datapaths; i++) {
        for (size_t k = 0; k < m->datapath_list[i]->n_ports; k++) {
            save_port(m->datapath_list[i]->ports[k], f);
        }
    }
    for (size_t i = 0; i < m->n_datapaths; i++) {
        save_datapath(m->datapath_list[i], f);
    }
    save_sets(m, f);
    save_flows(m, f);
    return !ferror(f);
}
