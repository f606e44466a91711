/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeline.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_chassis);

/* Longest wait for tables before we register. */
#define PREPARE_MS 2000

/* ovn-northd uses a feature only when every chassis of the zone names it, so
 * a gateway that leaves one out would turn it off for all of them.  None asks
 * anything of us: we follow the flows that northd writes, whichever they are. */
static const char *const features[] = {
    "mac-binding-timestamp", "fdb-timestamp",     "ls-dpg-column",  "ct-commit-nat-v2",
    "ct-commit-to-zone",     "ct-next-zone",      "ct-state-save",  "port-up-notif",
    "ct-no-masked-label",    "ovn-ct-lb-related", "ct-label-flush", "ovn-sample-with-registers",
};

static struct sbrec_encap *find_encap(const struct ovsdb *o, const char *ip)
{
    struct sbrec_encap *target = sbrec_encap_index_init_row(o->encaps_by_ip);
    sbrec_encap_index_set_type(target, "geneve");
    sbrec_encap_index_set_ip(target, ip);
    struct sbrec_encap *found = sbrec_encap_index_find(o->encaps_by_ip, target);
    sbrec_encap_index_destroy_row(target);
    return found;
}

/* Whether the address is another chassis's; says so once. */
static bool is_taken(struct ovsdb *o, size_t i, const struct sbrec_encap *encap)
{
    const char *owner = encap ? encap->chassis_name : o->chassis;
    bool taken = strcmp(owner, o->chassis) != 0;
    char **said = &o->encap_owners[i];
    if (taken && (!*said || strcmp(*said, owner))) {
        TIMELINE_ERR("encap-ip %s belongs to chassis \"%s\" in the Southbound; not used until that "
                     "chassis gives it up",
                     o->encap_ips[i], owner);
    }
    if (!taken && *said) {
        TIMELINE_INFO("encap-ip %s is free now", o->encap_ips[i]);
    }
    free(*said);
    *said = taken ? xstrdup(owner) : NULL;
    return taken;
}

static struct sbrec_encap *insert_encap(struct ovsdb *o, struct ovsdb_idl_txn *txn, const char *ip)
{
    struct sbrec_encap *encap = sbrec_encap_insert(txn);
    sbrec_encap_set_type(encap, "geneve");
    sbrec_encap_set_ip(encap, ip);
    sbrec_encap_set_chassis_name(encap, o->chassis);
    return encap;
}

static bool write_csum(const struct ovsdb *o, const struct sbrec_encap *encap)
{
    const char *csum = o->csum ? "true" : "false";
    if (!strcmp(smap_get_def(&encap->options, "csum", ""), csum)) {
        return false;
    }
    struct smap options;
    smap_clone(&options, &encap->options);
    smap_replace(&options, "csum", csum);
    sbrec_encap_set_options(encap, &options);
    smap_destroy(&options);
    return true;
}

/* Our encaps, those that are missing inserted. */
static size_t own_encaps(struct ovsdb *o, struct ovsdb_idl_txn *txn, struct sbrec_encap **encaps,
                         bool *changed)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_encap_ips; i++) {
        struct sbrec_encap *encap = find_encap(o, o->encap_ips[i]);
        if (!is_taken(o, i, encap)) {
            encaps[n] = encap ? encap : insert_encap(o, txn, o->encap_ips[i]);
            *changed |= write_csum(o, encaps[n]);
            n++;
        }
    }
    return n;
}

static bool has_encaps(const struct sbrec_chassis *row, struct sbrec_encap *const *encaps, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < row->n_encaps; j++) {
            found += row->encaps[j] == encaps[i];
        }
    }
    return found == n && row->n_encaps == n;
}

/* Keys that are not ours stay: operators keep some of theirs there. */
static void wanted_config(const struct sbrec_chassis *row, struct smap *config)
{
    smap_clone(config, &row->other_config);
    smap_remove(config, "is-remote");
    smap_replace(config, "is-interconn", "true");
    for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
        smap_replace(config, features[i], "true");
    }
}

static bool write_chassis(struct ovsdb *o, const struct sbrec_chassis *row,
                          struct sbrec_encap **encaps, size_t n_encaps)
{
    bool changed = o->registering;
    if (o->registering) {
        sbrec_chassis_set_name(row, o->chassis);
        /* Not among the columns that RBAC lets a chassis change later. */
        sbrec_chassis_set_hostname(row, o->hostname);
    }
    if (changed || !has_encaps(row, encaps, n_encaps)) {
        sbrec_chassis_set_encaps(row, encaps, n_encaps);
        changed = true;
    }
    struct smap config;
    wanted_config(row, &config);
    if (!smap_equal(&config, &row->other_config)) {
        sbrec_chassis_set_other_config(row, &config);
        changed = true;
    }
    smap_destroy(&config);
    return changed;
}

static bool write_private(struct ovsdb *o, struct ovsdb_idl_txn *txn,
                          const struct sbrec_chassis *us)
{
    const struct sbrec_chassis_private *row = sb_our_private(o);
    bool changed = !row || row->chassis != us;
    if (!row) {
        row = sbrec_chassis_private_insert(txn);
        sbrec_chassis_private_set_name(row, o->chassis);
    }
    if (changed) {
        sbrec_chassis_private_set_chassis(row, us);
    }
    return changed;
}

/* A hypervisor makes its tunnel as soon as we are registered, and sends by it until it
 * has turned BFD on there: workers are to have tables by then. */
static bool is_prepared(struct ovsdb *o, struct task *t)
{
    o->register_at = o->register_at ? o->register_at : time_msec() + PREPARE_MS;
    task_wake_at(t, o->register_at);
    return o->nb_cfg_wanted >= 0 || o->hold.registered || time_msec() >= o->register_at;
}

bool chassis_compose(struct ovsdb *o, struct task *t, struct ovsdb_idl_txn *txn)
{
    if (!sb_our_chassis(o) && !is_prepared(o, t)) {
        return false;
    }
    struct sbrec_encap **encaps = xcalloc(o->n_encap_ips, sizeof *encaps);
    bool changed = false;
    size_t n = own_encaps(o, txn, encaps, &changed);
    if (n) { /* the schema wants at least one */
        const struct sbrec_chassis *us = sb_our_chassis(o);
        o->registering = !us;
        if (o->registering) {
            us = sbrec_chassis_insert(txn);
        }
        changed |= write_chassis(o, us, encaps, n);
        changed |= write_private(o, txn, us);
    }
    free(encaps);
    return changed;
}

void chassis_done(struct ovsdb *o, enum task_outcome outcome)
{
    if (o->registering && outcome == TASK_DONE) {
        TIMELINE_INFO("chassis \"%s\" registered", o->chassis);
    }
    o->registering = false;
}
