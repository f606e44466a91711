/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_FIELD_H
#define ICGW_FIELD_H

/* The fields of OVN's language (ovn-sb(5), Logical_Flow, "Symbols").
 *
 * A field is a container of up to 128 bits; a symbol names a run of bits of
 * one, or a predicate that stands for an expression. */

#include <stdbool.h>
#include <stdint.h>

enum field_id {
    FIELD_XXREG0, /* reg0 … reg3, reg0 in the highest 32 bits */
    FIELD_XXREG1, /* reg4 … reg7 */
    FIELD_XXREG2, /* reg8 … reg11 */
    FIELD_FLAGS,
    FIELD_INPORT,  /* tunnel key of a port of the current datapath */
    FIELD_OUTPORT, /* the same, or of a multicast group; 0: none */
    FIELD_CT_STATE,
    FIELD_CT_MARK,
    FIELD_CT_LABEL,
    FIELD_PKT_MARK,
    FIELD_ETH_SRC, /* from here on: read from the packet */
    FIELD_ETH_DST,
    FIELD_ETH_TYPE,
    FIELD_VLAN_TCI,
    FIELD_IP_PROTO,
    FIELD_IP_DSCP,
    FIELD_IP_ECN,
    FIELD_IP_TTL,
    FIELD_IP_FRAG, /* bit 0: any fragment, bit 1: not the first */
    FIELD_IP4_SRC,
    FIELD_IP4_DST,
    FIELD_IP6_SRC,
    FIELD_IP6_DST,
    FIELD_IP6_LABEL,
    FIELD_ICMP4_TYPE,
    FIELD_ICMP4_CODE,
    FIELD_ICMP4_FRAG_MTU, /* of an ICMP error being made */
    FIELD_ICMP6_TYPE,
    FIELD_ICMP6_CODE,
    FIELD_ICMP6_FRAG_MTU,
    FIELD_ARP_OP, /* RARP too */
    FIELD_ARP_SPA,
    FIELD_ARP_TPA,
    FIELD_ARP_SHA,
    FIELD_ARP_THA,
    FIELD_ND_TARGET,
    FIELD_ND_SLL,
    FIELD_ND_TLL,
    FIELD_TCP_SRC,
    FIELD_TCP_DST,
    FIELD_TCP_FLAGS,
    FIELD_UDP_SRC,
    FIELD_UDP_DST,
    FIELD_SCTP_SRC,
    FIELD_SCTP_DST,
    N_FIELDS,
};

unsigned int field_width(enum field_id);
const char *field_name(enum field_id);

/* Bits lo … lo + width - 1 of a container. */
struct bits {
    enum field_id field;
    uint8_t lo;
    uint8_t width;
};

enum symbol_kind { SYMBOL_FIELD, SYMBOL_PORT, SYMBOL_PREDICATE };

struct symbol {
    const char *name;
    enum symbol_kind kind;
    struct bits bits;         /* of FIELD and PORT */
    const char *expansion;    /* of PREDICATE: an expression */
    const char *prerequisite; /* expression that must hold for the field to exist, or NULL */
    /* OVN's nominal level of measurement (ovn-sb(5)): Open vSwitch cannot mask the field, or the
     * predicate stands for such a one.  It is only asked for what it is, never for what not. */
    bool nominal;
};

/* NULL: no such symbol.  reg0 … reg11, xreg0 … xreg5 and xxreg0 … xxreg2 are
 * filled into *scratch. */
const struct symbol *symbol_find(const char *name, struct symbol *scratch);

#endif
