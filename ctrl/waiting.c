/* SPDX-License-Identifier: Apache-2.0 */
#include "waiting.h"

#include <stdlib.h>
#include <string.h>

static void *copy(const void *data, size_t n)
{
    void *p = malloc(n);
    if (p == NULL) {
        abort(); /* a control thread without memory cannot go on */
    }
    return memcpy(p, data, n);
}

void waiting_entry_free(struct waiting_entry *entry)
{
    free(entry->packet.frame);
    free(entry->port);
    free(entry);
}

struct waiting_entry *waiting_take(struct waiting *w, size_t index)
{
    struct waiting_entry *entry = w->entries[index];
    w->n--;
    memmove(&w->entries[index], &w->entries[index + 1], (w->n - index) * sizeof w->entries[0]);
    return entry;
}

bool waiting_for(const struct waiting_entry *e, const char *port, const struct icgw_addr *ip)
{
    return memcmp(&e->ip, ip, sizeof *ip) == 0 && strcmp(e->port, port) == 0;
}

/* The oldest one makes room: its sender has waited longest and may have given up. */
static unsigned int make_room(struct waiting *w, const char *port, const struct icgw_addr *ip)
{
    size_t oldest = 0, n = 0;
    for (size_t i = w->n; i-- > 0;) {
        if (waiting_for(w->entries[i], port, ip)) {
            oldest = i;
            n++;
        }
    }
    if (n >= WAITING_PER_NEIGHBOUR) {
        waiting_entry_free(waiting_take(w, oldest));
        return 1;
    }
    if (w->n >= WAITING_MAX) {
        waiting_entry_free(waiting_take(w, 0));
        return 1;
    }
    return 0;
}

unsigned int waiting_add(struct waiting *w, const char *port, bool v6, const struct icgw_addr *ip,
                         const struct waiting_packet *packet, int64_t now)
{
    struct waiting_entry entry = {
        .port = copy(port, strlen(port) + 1),
        .v6 = v6,
        .ip = *ip,
        .deadline = now + WAITING_MS,
        .packet = *packet,
    };
    unsigned int pushed_out = make_room(w, port, ip);
    entry.packet.frame = copy(packet->frame, packet->len);
    w->entries[w->n++] = copy(&entry, sizeof entry);
    return pushed_out;
}

unsigned int waiting_expire(struct waiting *w, int64_t now)
{
    unsigned int expired = 0;
    while (w->n > 0 && w->entries[0]->deadline <= now) {
        waiting_entry_free(waiting_take(w, 0));
        expired++;
    }
    return expired;
}

void waiting_clear(struct waiting *w)
{
    while (w->n > 0) {
        waiting_entry_free(waiting_take(w, 0));
    }
}
