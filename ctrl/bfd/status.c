/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "table.h"

const char *bfd_state_name(enum bfd_state state)
{
    static const char *const names[] = {"admin_down", "down", "init", "up"};
    return (unsigned int)state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}

const char *bfd_diag_name(enum bfd_diag diag)
{
    static const char *const names[] = {
        "none",
        "detection_time_expired",
        "echo_failed",
        "neighbour_signaled_down",
        "forwarding_reset",
        "path_down",
        "concatenated_path_down",
        "administratively_down",
        "reverse_concatenated_path_down",
    };
    return (unsigned int)diag < sizeof names / sizeof names[0] ? names[diag] : "unknown";
}

bool bfd_peer_up(const struct bfd_snapshot *s, const char *chassis)
{
    size_t low = 0, high = s->n_peers;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int rc = strcmp(s->peers[mid].chassis, chassis);
        if (rc == 0) {
            return s->peers[mid].up;
        }
        if (rc < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return false;
}

static void follow(struct bfd_table *t, int64_t now, bool *changed)
{
    *changed = false;
    for (size_t i = 0; i < t->n_groups; i++) {
        struct bfd_group *g = &t->groups[i];
        bool up = false;
        for (size_t k = g->first; k < g->first + g->n; k++) {
            const struct bfd_session *s = &t->entries[k].session;
            /* One that was resumed says nothing of its peer until that has. */
            up |= s->state == BFD_UP && s->rx_packets > 0;
        }
        if (up != g->up) {
            g->up = up;
            g->changed_at = now;
            *changed = true;
        }
    }
}

static uint32_t ms(uint64_t us)
{
    us /= 1000;
    return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static void describe(struct bfd_entry *e, const char *chassis, struct bfd_session_status *to)
{
    const struct bfd_session *s = &e->session;
    *to = (struct bfd_session_status){
        .chassis = chassis,
        .local = e->local,
        .remote = e->remote,
        .state = s->state,
        .remote_state = s->remote_state,
        .diag = s->diag,
        .remote_diag = s->remote_diag,
        .up = s->state == BFD_UP,
        .resolved = e->tunnel.resolved,
        .changed_ms = s->changed_at / 1000,
        .rx_packets = s->rx_packets,
        .tx_packets = e->sent,
        .rx_discarded = s->discarded,
        .flaps = s->flaps,
        .detect_ms = ms(bfd_session_detect_us(s)),
        .tx_interval_ms = ms(bfd_session_tx_interval(s)),
        .local_discr = s->local_discr,
        .remote_discr = s->remote_discr,
    };
    e->published = s->state;
}

static size_t names_len(const struct bfd_table *t)
{
    size_t len = 0;
    for (size_t i = 0; i < t->n_groups; i++) {
        len += strlen(t->groups[i].chassis) + 1;
    }
    return len;
}

static struct bfd_snapshot *make_room(const struct bfd_table *t, struct bfd_buffer **buffer)
{
    size_t room = t->n * sizeof(struct bfd_session_status) +
                  t->n_groups * sizeof(struct bfd_peer_status) + names_len(t);
    if (*buffer == NULL || (*buffer)->room < room) {
        struct bfd_buffer *larger = malloc(sizeof *larger + room);
        if (larger == NULL) {
            return NULL;
        }
        free(*buffer);
        larger->room = room;
        *buffer = larger;
    }
    return &(*buffer)->snapshot;
}

bool bfd_table_snapshot(struct bfd_table *t, const struct bfd_stats *stats, bool admin_down,
                        int64_t now, struct bfd_buffer **buffer, bool *changed)
{
    struct bfd_snapshot *s = make_room(t, buffer);

    *changed = false;
    if (s == NULL) {
        return false;
    }
    follow(t, now, changed);
    s->sessions = (void *)(*buffer + 1);
    s->n_sessions = t->n;
    s->peers = (void *)(s->sessions + t->n);
    s->n_peers = t->n_groups;
    s->stats = *stats;
    s->admin_down = admin_down;
    char *name = (char *)(s->peers + s->n_peers);
    for (size_t i = 0; i < t->n_groups; i++) {
        const struct bfd_group *g = &t->groups[i];
        s->peers[i] = (struct bfd_peer_status){name, g->up, g->changed_at / 1000};
        for (size_t k = g->first; k < g->first + g->n; k++) {
            describe(&t->entries[k], name, &s->sessions[k]);
        }
        name = stpcpy(name, g->chassis) + 1;
    }
    return true;
}
