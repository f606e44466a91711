/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_ACTION_H
#define ICGW_ACTION_H

/* Actions of logical flows, parsed (ovn-sb(5), Logical_Flow, "actions"). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field.h"
#include "wide.h"

enum action_type {
    ACTION_NOTHING, /* ct_clear, mac_cache_use: no effect on the packet here */
    ACTION_DROP,
    ACTION_NEXT, /* pipeline, table */
    ACTION_OUTPUT,
    ACTION_FLOOD_REMOTE,
    ACTION_LOAD,      /* dst = value */
    ACTION_LOAD_PORT, /* dst = "name" */
    ACTION_MOVE,      /* dst = src */
    ACTION_EXCHANGE,  /* dst <-> src */
    ACTION_DECREMENT, /* ip.ttl-- */
    ACTION_CLONE,     /* block */
    ACTION_ARP,       /* block, on a new ARP request */
    ACTION_ND_NS,     /* block, on a new neighbour solicitation */
    ACTION_ND_NA,     /* block, on a new advertisement; flag: from a router */
    ACTION_ICMP4,     /* block, on a new error message; flag: code 3 for UDP */
    ACTION_ICMP6,
    ACTION_TCP_RESET,   /* block, on a new TCP segment */
    ACTION_SCTP_ABORT,  /* block, on a new SCTP packet */
    ACTION_GET_MAC,     /* args: port, ip */
    ACTION_PUT_MAC,     /* args: port, ip, mac */
    ACTION_LOOKUP_MAC,  /* dst; args: port, ip[, mac] */
    ACTION_GET_FDB,     /* dst; args: mac */
    ACTION_PUT_FDB,     /* args: port, mac */
    ACTION_LOOKUP_FDB,  /* dst; args: port, mac */
    ACTION_PORT_SEC,    /* dst; flag: of outport */
    ACTION_PKT_LARGER,  /* dst; value: bytes of frame */
    ACTION_SELECT,      /* dst; choices; goes on to the next table by itself */
    ACTION_UNSUPPORTED, /* name */
};

struct expr;

struct action_choice {
    uint32_t value;
    uint32_t weight;
};

/* A large zone has millions of them: fields are as small as they can be. */
struct action {
    wide value;
    struct bits dst;
    struct bits src;
    struct bits args[3];
    char *name; /* LOAD_PORT, UNSUPPORTED */
    struct action *block;
    struct action_choice *choices;
    uint32_t n_block;
    uint32_t n_choices;
    enum action_type type : 8;
    bool flag;
    bool to_egress; /* NEXT with pipeline=egress */
    bool has_pipeline;
    uint8_t n_args;
    int16_t table; /* NEXT: -1 the next one */
};

/* Parses to the end of the text.  NULL: a syntax error (*error is a static
 * string).  *n is the number of actions.  *prerequisite is what has to hold for
 * the fields that they name to exist, which OVN adds to the match; NULL: nothing. */
struct action *actions_parse(const char *text, size_t *n, struct expr **prerequisite,
                             const char **error);
/* Whether two lists are the same, action for action. */
bool actions_equal(const struct action *, size_t n, const struct action *, size_t m);
/* The name of the first one that is not supported, in blocks too; NULL: none. */
const char *actions_unsupported(const struct action *, size_t n);
void actions_free(struct action *, size_t n);

#endif
