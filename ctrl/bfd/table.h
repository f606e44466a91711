/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BFD_TABLE_H
#define ICGW_BFD_TABLE_H

/* The sessions of one configuration.  The control thread makes a table and
 * hands it over; from then on it is the BFD thread's alone. */

#include "session.h"

struct bfd_entry {
    char *chassis;
    struct icgw_addr local;
    struct icgw_addr remote;
    struct icgw_tunnel tunnel;
    uint16_t account;
    uint32_t resume_local_discr; /* as configured; matter when the session starts */
    uint32_t resume_remote_discr;
    struct bfd_source source;
    struct bfd_session session;
    uint64_t sent;            /* packets that the workers took */
    enum bfd_state published; /* state in the last snapshot */
};

/* A chassis and its sessions. */
struct bfd_group {
    const char *chassis; /* of its first entry */
    size_t first;
    size_t n;
    bool up; /* as in the last snapshot */
    int64_t changed_at;
};

struct bfd_table {
    struct bfd_table *next;    /* of those that are done with */
    struct bfd_entry *entries; /* sorted by chassis, then addresses */
    size_t n;
    struct bfd_entry **by_address;
    struct bfd_group *groups; /* sorted by chassis */
    size_t n_groups;
    struct icgw_addr *locals; /* each once */
    uint16_t n_locals;
    uint16_t n_started; /* sessions so far, in this and former tables */
};

/* Copies.  Address pairs that occur twice are taken once: the wire could not
 * tell them apart.  NULL: no memory. */
struct bfd_table *bfd_table_create(const struct bfd_session_config *, size_t n);
/* Frees it and those that follow it. */
void bfd_table_free(struct bfd_table *);

/* Moves what goes on from `old` and starts what is new. */
void bfd_table_inherit(struct bfd_table *, const struct bfd_table *old, const struct bfd_timers *,
                       bool admin_down, int64_t now);

/* NULL: there is no such session. */
struct bfd_entry *bfd_table_find(const struct bfd_table *, const struct icgw_addr *local,
                                 const struct icgw_addr *remote);

/* A snapshot, and room for its arrays and names behind it. */
struct bfd_buffer {
    size_t room; /* bytes after this structure */
    struct bfd_snapshot snapshot;
};

/* Writes what the sessions are now into *buffer, which may be NULL and is
 * allocated anew where it is too small.  False: no memory, nothing happened.
 * Groups follow their sessions; *changed tells whether one went up or down. */
bool bfd_table_snapshot(struct bfd_table *, const struct bfd_stats *, bool admin_down, int64_t now,
                        struct bfd_buffer **buffer, bool *changed);

#endif
