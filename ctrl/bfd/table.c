/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_PORT 49152u /* RFC 5881, 4 */
#define N_PORTS 16384u

static int compare_addresses(const struct bfd_entry *a, const struct bfd_entry *b)
{
    int rc = memcmp(&a->remote, &b->remote, sizeof a->remote);
    return rc != 0 ? rc : memcmp(&a->local, &b->local, sizeof a->local);
}

static int by_chassis(const void *a, const void *b)
{
    const struct bfd_entry *x = a, *y = b;
    int rc = strcmp(x->chassis, y->chassis);
    return rc != 0 ? rc : compare_addresses(x, y);
}

static int by_address(const void *a, const void *b)
{
    return compare_addresses(*(struct bfd_entry *const *)a, *(struct bfd_entry *const *)b);
}

static bool has_pair(const struct bfd_table *t, const struct bfd_session_config *c)
{
    for (size_t i = 0; i < t->n; i++) {
        if (memcmp(&t->entries[i].remote, &c->remote, sizeof c->remote) == 0 &&
            memcmp(&t->entries[i].local, &c->local, sizeof c->local) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_entries(struct bfd_table *t, const struct bfd_session_config *configs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (has_pair(t, &configs[i])) {
            continue;
        }
        struct bfd_entry *e = &t->entries[t->n];
        e->chassis = strdup(configs[i].chassis);
        if (e->chassis == NULL) {
            return false;
        }
        e->local = configs[i].local;
        e->remote = configs[i].remote;
        e->tunnel = configs[i].tunnel;
        e->account = configs[i].account;
        e->resume_local_discr = configs[i].resume_local_discr;
        e->resume_remote_discr = configs[i].resume_remote_discr;
        t->n++;
    }
    return true;
}

static void add_local(struct bfd_table *t, const struct icgw_addr *local)
{
    for (uint16_t i = 0; i < t->n_locals; i++) {
        if (memcmp(&t->locals[i], local, sizeof *local) == 0) {
            return;
        }
    }
    if (t->n_locals < UINT16_MAX) {
        t->locals[t->n_locals++] = *local;
    }
}

static void index_entries(struct bfd_table *t)
{
    qsort(t->entries, t->n, sizeof *t->entries, by_chassis);
    for (size_t i = 0; i < t->n; i++) {
        struct bfd_entry *e = &t->entries[i];
        if (i == 0 || strcmp(e->chassis, e[-1].chassis) != 0) {
            t->groups[t->n_groups++] = (struct bfd_group){.chassis = e->chassis, .first = i};
        }
        t->groups[t->n_groups - 1].n++;
        t->by_address[i] = e;
        add_local(t, &e->local);
    }
    qsort(t->by_address, t->n, sizeof(struct bfd_entry *), by_address);
}

struct bfd_table *bfd_table_create(const struct bfd_session_config *configs, size_t n)
{
    struct bfd_table *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    /* calloc(0) may return NULL, which would look like no memory. */
    t->entries = calloc(n + 1, sizeof *t->entries);
    t->by_address = calloc(n + 1, sizeof(struct bfd_entry *));
    t->groups = calloc(n + 1, sizeof *t->groups);
    t->locals = calloc(n + 1, sizeof *t->locals);
    if (t->entries == NULL || t->by_address == NULL || t->groups == NULL || t->locals == NULL ||
        !add_entries(t, configs, n)) {
        bfd_table_free(t);
        return NULL;
    }
    index_entries(t);
    return t;
}

void bfd_table_free(struct bfd_table *t)
{
    while (t != NULL) {
        struct bfd_table *next = t->next;
        for (size_t i = 0; i < t->n; i++) {
            free(t->entries[i].chassis);
        }
        free(t->entries);
        free(t->by_address);
        free(t->groups);
        free(t->locals);
        free(t);
        t = next;
    }
}

struct bfd_entry *bfd_table_find(const struct bfd_table *t, const struct icgw_addr *local,
                                 const struct icgw_addr *remote)
{
    struct bfd_entry key = {.local = *local, .remote = *remote}, *p = &key;
    struct bfd_entry **found = bsearch(&p, t->by_address, t->n, sizeof p, by_address);
    return found ? *found : NULL;
}

static uint32_t random32(void)
{
    uint32_t v;
    while (getrandom(&v, sizeof v, 0) != sizeof v) {
    }
    return v;
}

static bool discr_taken(const struct bfd_table *t, const struct bfd_table *old, uint32_t discr)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->entries[i].session.local_discr == discr) {
            return true;
        }
    }
    for (size_t i = 0; i < old->n; i++) {
        if (old->entries[i].session.local_discr == discr) {
            return true;
        }
    }
    return discr == 0;
}

/* Random, so that nobody off the path can guess what a session listens to. */
static void start(struct bfd_table *t, struct bfd_entry *e, uint32_t discr,
                  const struct bfd_timers *timers, bool admin_down, int64_t now)
{
    uint32_t random = random32();

    bfd_session_init(&e->session, discr, random, timers, admin_down, now);
    e->source.port = (uint16_t)(FIRST_PORT + t->n_started++ % N_PORTS);
    e->source.entropy = (uint16_t)(0xc000 | random);
    e->source.eth_src[0] = 0x02; /* locally administered */
    e->source.eth_src[1] = (uint8_t)(random >> 16);
    memcpy(e->source.eth_src + 2, &discr, sizeof discr);
    e->published = e->session.state;
}

static void go_on(struct bfd_entry *e, const struct bfd_entry *old)
{
    e->session = old->session;
    e->source = old->source;
    e->sent = old->sent;
    e->published = old->published;
    if (e->tunnel.resolved && !old->tunnel.resolved) {
        bfd_session_announce(&e->session);
    }
}

static const struct bfd_group *find_group(const struct bfd_table *t, const char *chassis)
{
    for (size_t i = 0; i < t->n_groups; i++) {
        if (strcmp(t->groups[i].chassis, chassis) == 0) {
            return &t->groups[i];
        }
    }
    return NULL;
}

static void inherit_groups(struct bfd_table *t, const struct bfd_table *old)
{
    for (size_t i = 0; i < t->n_groups; i++) {
        const struct bfd_group *before = find_group(old, t->groups[i].chassis);
        if (before != NULL) {
            t->groups[i].up = before->up;
            t->groups[i].changed_at = before->changed_at;
        }
    }
}

void bfd_table_inherit(struct bfd_table *t, const struct bfd_table *old,
                       const struct bfd_timers *timers, bool admin_down, int64_t now)
{
    t->n_started = old->n_started;
    for (size_t i = 0; i < t->n; i++) {
        struct bfd_entry *e = &t->entries[i];
        const struct bfd_entry *before = bfd_table_find(old, &e->local, &e->remote);
        if (before != NULL && strcmp(before->chassis, e->chassis) == 0) {
            go_on(e, before);
        } else {
            uint32_t discr = e->resume_local_discr;
            bool resume = !admin_down && e->resume_remote_discr != 0 && !discr_taken(t, old, discr);
            while (!resume && discr_taken(t, old, discr = random32())) {
            }
            start(t, e, discr, timers, admin_down, now);
            if (resume) {
                bfd_session_resume(&e->session, e->resume_remote_discr, now);
            }
        }
    }
    inherit_groups(t, old);
}
