/* SPDX-License-Identifier: Apache-2.0 */
#include "meanings.h"

#define SENDER "find the sender by its outer address (tcpdump on the underlay)"

static const struct meaning meanings[ICGW_N_DROPS] = {
    [ICGW_DROP_OUTER_TRUNCATED] = {"a tunnel packet is shorter than its headers say", SENDER},
    [ICGW_DROP_OUTER_BAD_LENGTH] = {"the IP or UDP length of a tunnel packet contradicts the frame",
                                    SENDER},
    [ICGW_DROP_OUTER_BAD_CHECKSUM] = {"the outer IPv4 header checksum is wrong",
                                      "look for a faulty NIC, cable or offload on the way"},
    [ICGW_DROP_OUTER_FRAGMENT] = {"a tunnel packet arrived in fragments; OVN's tunnels set DF",
                                  "raise the MTU of the underlay, or find what clears DF"},
    [ICGW_DROP_GENEVE_VERSION] = {"Geneve of an unknown version", SENDER},
    [ICGW_DROP_GENEVE_PROTOCOL] = {"Geneve that carries no Ethernet frame", SENDER},
    [ICGW_DROP_GENEVE_OAM] = {"a Geneve control packet", SENDER},
    [ICGW_DROP_GENEVE_OPTIONS] = {"Geneve options that are not exactly OVN's", SENDER},
    [ICGW_DROP_BFD] = {"BFD from a chassis that this one has no session with",
                       "normal for seconds after a change of gateways; else compare the "
                       "HA_Chassis_Groups of both ends"},
    [ICGW_DROP_INNER_TRUNCATED] = {"the inner packet is shorter than its headers say", SENDER},
    [ICGW_DROP_INNER_MALFORMED] = {"the inner headers make no sense", SENDER},
    [ICGW_DROP_UNKNOWN_SOURCE] = {"the outer source address belongs to no known chassis",
                                  "see peers; a stranger on the underlay, or a chassis that "
                                  "is not in the databases (yet)"},
    [ICGW_DROP_ZONE_VIOLATION] = {"a chassis of another zone addressed a datapath of this one",
                                  "should never happen: look into the sender"},
    [ICGW_DROP_UNKNOWN_VNI] = {"no datapath that this gateway serves has that VNI",
                               "see show; the sender may go by an older state of the databases"},
    [ICGW_DROP_UNKNOWN_PORT] = {"the datapath has no port with that key",
                                "see show; the sender may go by an older state of the databases"},
    [ICGW_DROP_NOT_RESIDENT] = {"the port is bound to another chassis",
                                "the sender may go by an older state of the databases"},
    [ICGW_DROP_LOGICAL_DROP] = {"the logical flows drop it: no route, an ACL, a lookup that fails",
                                "normal in small numbers; see lookup and ovn-trace"},
    [ICGW_DROP_UNBOUND_PORT] = {"the destination port is bound to no chassis",
                                "is the VM running, does the other zone have a gateway?"},
    [ICGW_DROP_UNSUPPORTED] = {"the logical flows need what this gateway cannot do",
                               "see list-unsupported"},
    [ICGW_DROP_LOOP] = {"too many logical hops", "look for a routing loop among the zones"},
    [ICGW_DROP_NO_TUNNEL] = {"there is no tunnel to the destination chassis",
                             "see peers; no Geneve encap of an address family that we have"},
    [ICGW_DROP_UNDERLAY_UNRESOLVED] = {"the kernel has no MAC address of the next hop",
                                       "see peers for which and why; look at ip route, ip neigh"},
    [ICGW_DROP_TOO_BIG] = {"the packet does not fit the MTU of the underlay",
                           "raise the MTU of the underlay, or set gateway_mtu on the router port"},
    [ICGW_DROP_HEADER_SPLIT] = {"the headers are not in the first segment of the packet buffer",
                                "a driver does this; report it"},
    [ICGW_DROP_NO_MBUF] = {"no packet buffer was left", "raise memory in [dpdk]"},
    [ICGW_DROP_TX_FULL] = {"the transmit queue of a port was full",
                           "the link is saturated: see ports and stats"},
    [ICGW_DROP_HOST_FULL] = {"the host interface did not take a frame",
                             "more traffic for the kernel than it can take: see stats, to host"},
    [ICGW_DROP_SLOW_PATH_FULL] = {"the control thread did not keep up with the slow path",
                                  "see stats for what takes it, list-unsupported for why"},
    [ICGW_DROP_SLOW_PATH_RATE] = {"over the rate limit of the slow path",
                                  "see stats for what takes it, list-unsupported for why"},
    [ICGW_DROP_NEIGHBOUR_QUEUE_FULL] = {"too many packets waited for one unknown next hop",
                                        "normal in small numbers; a scan of an empty subnet?"},
    [ICGW_DROP_NEIGHBOUR_TIMEOUT] = {"the next hop did not answer ARP or ND",
                                     "normal for addresses that nobody has"},
    [ICGW_DROP_RX_TOO_LONG] = {"a frame is longer than the MTU of its port admits",
                               "raise mtu in [port], or lower it at the sender"},
    [ICGW_DROP_HANDOVER_FULL] = {"another worker did not keep up with what is handed to it",
                                 "is each core of [workers] free for its worker?"},
    [ICGW_DROP_BFD_FULL] = {"the BFD thread did not keep up", "is the machine overloaded?"},
};

const struct meaning *drop_meaning(enum icgw_drop reason)
{
    static const struct meaning unknown = {"", ""};
    return reason < ICGW_N_DROPS && meanings[reason].what != NULL ? &meanings[reason] : &unknown;
}
