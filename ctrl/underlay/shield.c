/* SPDX-License-Identifier: Apache-2.0 */

/* An interface that a packet socket reads (net_af_packet) belongs to the kernel
 * too, which would answer what the gateway answers: ARP for the address of the
 * host interface, tunnel packets with "port unreachable".  A program of one
 * instruction on tc's ingress hook, behind packet sockets and before the rest of
 * the kernel, drops everything. */

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "private.h"

#define CLSACT_HANDLE TC_H_MAKE(TC_H_CLSACT, 0)
#define INGRESS_HOOK TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)

/* By that we know our filter again: one that a run left that was killed is ours
 * to remove. */
#define OUR_HANDLE 0x6f766e

static struct nlmsghdr *begin(char *buffer, uint16_t type, uint16_t flags, int index,
                              uint32_t handle, uint32_t parent, const char *kind)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    struct tcmsg *tc;

    nlh->nlmsg_type = type;
    nlh->nlmsg_flags = flags;
    tc = mnl_nlmsg_put_extra_header(nlh, sizeof *tc);
    tc->tcm_family = AF_UNSPEC;
    tc->tcm_ifindex = index;
    tc->tcm_handle = handle;
    tc->tcm_parent = parent;
    mnl_attr_put_strz(nlh, TCA_KIND, kind);
    return nlh;
}

static int change_hook(struct ul_netlink *nl, uint16_t type, uint16_t flags, int index)
{
    char buffer[256];

    return ul_netlink_request(
        nl, begin(buffer, type, flags, index, CLSACT_HANDLE, TC_H_CLSACT, "clsact"), NULL, NULL);
}

static int add_drop(struct ul_netlink *nl, int index)
{
    static const struct sock_filter program[] = {BPF_STMT(BPF_RET | BPF_K, TC_ACT_SHOT)};
    char buffer[512];
    struct nlmsghdr *nlh = begin(buffer, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, index,
                                 OUR_HANDLE, INGRESS_HOOK, "bpf");
    struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);
    struct nlattr *options;

    tc->tcm_info = TC_H_MAKE(1u << 16, htons(ETH_P_ALL)); /* priority, protocol */
    options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
    mnl_attr_put_u16(nlh, TCA_BPF_OPS_LEN, sizeof program / sizeof *program);
    mnl_attr_put(nlh, TCA_BPF_OPS, sizeof program, program);
    mnl_attr_put_u32(nlh, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
    mnl_attr_nest_end(nlh, options);
    return ul_netlink_request(nl, nlh, NULL, NULL);
}

static int on_filter(const struct nlmsghdr *nlh, void *ours)
{
    const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);

    *(bool *)ours |= nlh->nlmsg_type == RTM_NEWTFILTER && tc->tcm_handle == OUR_HANDLE;
    return MNL_CB_OK;
}

static bool is_left_by_us(struct ul_netlink *nl, int index)
{
    char buffer[256];
    struct nlmsghdr *nlh = begin(buffer, RTM_GETTFILTER, NLM_F_DUMP, index, 0, INGRESS_HOOK, "bpf");
    bool ours = false;

    return ul_netlink_request(nl, nlh, on_filter, &ours) == 0 && ours;
}

bool underlay_shield(struct underlay *u, const char *interface, char **error)
{
    int index = (int)if_nametoindex(interface);
    int rc;

    if (index == 0) {
        return ul_fail(error, "interface %s: %s", interface, strerror(errno));
    }
    rc = change_hook(&u->nl, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index);
    if (rc == -EEXIST) {
        if (u->n_shielded < UL_MAX_SHIELDED && is_left_by_us(&u->nl, index)) {
            u->shielded[u->n_shielded++] = index;
        }
        return true; /* or somebody else has seen to it, or has filters of their own */
    }
    if (rc == 0 && u->n_shielded < UL_MAX_SHIELDED) {
        u->shielded[u->n_shielded++] = index;
        rc = add_drop(&u->nl, index);
    }
    return rc == 0 || ul_fail(error,
                              "interface %s: the kernel's tc takes no filter (%s); it will answer "
                              "ARP and tunnel packets beside the gateway",
                              interface, strerror(-rc));
}

void ul_shields_remove(struct underlay *u)
{
    for (unsigned int i = 0; i < u->n_shielded; i++) {
        change_hook(&u->nl, RTM_DELQDISC, 0, u->shielded[i]);
    }
    u->n_shielded = 0;
}
