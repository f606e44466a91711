/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "traffic.h"

#include <stdlib.h>
#include <string.h>

#include "icgw_pmd.h"
#include "put.h"
#include "util.h"

static int by_key(const void *a_, const void *b_)
{
    const struct traffic_line *a = a_, *b = b_;
    int order = memcmp(&a->peer, &b->peer, sizeof a->peer);
    return order != 0 ? order : (a->datapath > b->datapath) - (a->datapath < b->datapath);
}

static void add(struct icgw_traffic *to, const struct icgw_traffic *t)
{
    to->packets += t->packets;
    to->bytes += t->bytes;
}

/* What goes to a peer on a transit switch counts for both. */
static void add_account(struct traffic *t, const struct icgw_account *account,
                        struct icgw_traffic counted)
{
    struct icgw_traffic none = {0};
    bool sent = account->kind == ICGW_ACCOUNT_TO;
    struct traffic_line line = {.rx = sent ? none : counted, .tx = sent ? counted : none};

    if (account->kind != ICGW_ACCOUNT_FROM_TRANSIT) {
        t->lines[t->n] = line;
        t->lines[t->n++].peer = account->peer;
    }
    if (account->datapath != 0) {
        t->lines[t->n] = line;
        t->lines[t->n++].datapath = account->datapath;
    }
}

static void merge(struct traffic *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (n > 0 && by_key(&t->lines[n - 1], &t->lines[i]) == 0) {
            add(&t->lines[n - 1].rx, &t->lines[i].rx);
            add(&t->lines[n - 1].tx, &t->lines[i].tx);
        } else {
            t->lines[n++] = t->lines[i];
        }
    }
    t->n = n;
}

void traffic_take(struct traffic *t)
{
    uint16_t n = icgw_accounts();
    t->lines = xcalloc(2u * n, sizeof *t->lines);
    t->n = 0;
    for (uint16_t i = 1; i < n; i++) {
        add_account(t, icgw_account_at(i), icgw_pmd_traffic(i));
    }
    qsort(t->lines, t->n, sizeof *t->lines, by_key);
    merge(t);
}

void traffic_free(struct traffic *t)
{
    free(t->lines);
}

static struct traffic_line find(const struct traffic *t, const struct traffic_line *key)
{
    const struct traffic_line *line = bsearch(key, t->lines, t->n, sizeof *line, by_key);
    return line != NULL ? *line : *key;
}

struct traffic_line traffic_of_peer(const struct traffic *t, const struct icgw_addr *peer)
{
    return find(t, &(struct traffic_line){.peer = *peer});
}

struct traffic_line traffic_of_datapath(const struct traffic *t, uint32_t key)
{
    return find(t, &(struct traffic_line){.datapath = key});
}

void traffic_put(struct json *object, const struct traffic_line *line)
{
    put_uint(object, "rx_packets", line->rx.packets);
    put_uint(object, "rx_bytes", line->rx.bytes);
    put_uint(object, "tx_packets", line->tx.packets);
    put_uint(object, "tx_bytes", line->tx.bytes);
}
