/* SPDX-License-Identifier: Apache-2.0 */

/* The error that a kernel's tunnel sends back into itself when a packet does
 * not fit the path: to the inner source, as if the inner destination had sent
 * it.  OVN has flows that bring it home (24.03 and later). */

#include "checksum.h"
#include "frame.h"

#define IPV4_DF 0x4000
#define ICMP4_FRAGMENTATION_NEEDED 4 /* code, of type 3: RFC 792 */
#define ICMP6_PACKET_TOO_BIG 2       /* RFC 4443, 3.2 */
#define ERROR_TTL 64

/* Errors answer no errors (RFC 1122, 3.2.2; RFC 4443, 2.4), and who allows
 * fragments does not ask for the path's MTU. */
static bool deserves_error(const struct frame *in, const struct state *s)
{
    if (state_value(s, FIELD_VLAN_TCI) != 0) {
        return false;
    }
    if (state_value(s, FIELD_ETH_TYPE) == 0x0800) {
        wide type = state_value(s, FIELD_ICMP4_TYPE);
        bool error = state_value(s, FIELD_IP_PROTO) == 1 &&
                     (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
        return !error && (get16(in->data + 20) & IPV4_DF) != 0;
    }
    return state_value(s, FIELD_ETH_TYPE) == 0x86dd &&
           !(state_value(s, FIELD_IP_PROTO) == 58 && state_value(s, FIELD_ICMP6_TYPE) < 128);
}

bool frame_make_too_big(struct frame *f, const struct frame *in, uint32_t mtu)
{
    struct state s;
    state_init(&s);
    frame_load(in, &s);
    if (!deserves_error(in, &s)) {
        return false;
    }
    state_exchange(&s, whole(FIELD_ETH_SRC), whole(FIELD_ETH_DST));
    state_exchange(&s, whole(FIELD_IP4_SRC), whole(FIELD_IP4_DST));
    state_exchange(&s, whole(FIELD_IP6_SRC), whole(FIELD_IP6_DST));
    bool v6 = state_value(&s, FIELD_ETH_TYPE) == 0x86dd;
    if (v6 ? !frame_make_icmp6(f, in, &s, false) : !frame_make_icmp4(f, in, &s, false)) {
        return false;
    }
    frame_load(f, &s);
    state_set(&s, whole(FIELD_IP_TTL), ERROR_TTL);
    if (v6) {
        state_set(&s, whole(FIELD_ICMP6_TYPE), ICMP6_PACKET_TOO_BIG);
        state_set(&s, whole(FIELD_ICMP6_CODE), 0);
        state_set(&s, whole(FIELD_ICMP6_FRAG_MTU), mtu);
    } else {
        state_set(&s, whole(FIELD_ICMP4_CODE), ICMP4_FRAGMENTATION_NEEDED);
        state_set(&s, whole(FIELD_ICMP4_FRAG_MTU), mtu & 0xffff);
    }
    frame_store(f, &s);
    return true;
}
