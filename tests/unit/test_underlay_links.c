/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says about interfaces, as messages: needs neither root nor a
 * kernel with 802.1Q. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

#include "links.h"

static char buffer[1024];
static struct ul_links links;

static struct nlmsghdr *message(uint16_t type, int index, const char *name)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    struct ifinfomsg *ifi;

    nlh->nlmsg_type = type;
    ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_index = index;
    ifi->ifi_type = ARPHRD_ETHER;
    ifi->ifi_flags = IFF_UP;
    mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
    mnl_attr_put_u32(nlh, IFLA_MTU, 1500);
    mnl_attr_put(nlh, IFLA_ADDRESS, 6, "\2\0\0\0\0\1");
    return nlh;
}

static void put_vlan(struct nlmsghdr *nlh, const char *kind, uint16_t id, uint16_t protocol)
{
    struct nlattr *info, *data;

    mnl_attr_put_u32(nlh, IFLA_LINK, 7);
    info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
    mnl_attr_put_strz(nlh, IFLA_INFO_KIND, kind);
    data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
    mnl_attr_put_u16(nlh, IFLA_VLAN_ID, id);
    mnl_attr_put_u16(nlh, IFLA_VLAN_PROTOCOL, htons(protocol));
    mnl_attr_nest_end(nlh, data);
    mnl_attr_nest_end(nlh, info);
}

static int clear(void **state)
{
    (void)state;
    ul_links_clear(&links);
    return 0;
}

static void interfaces_come_change_and_go(void **state)
{
    const struct ul_link *l;

    (void)state;
    assert_true(ul_links_update(&links, message(RTM_NEWLINK, 7, "uplink")));
    assert_false(ul_links_update(&links, message(RTM_NEWLINK, 7, "uplink")));
    assert_true(ul_links_update(&links, message(RTM_NEWLINK, 7, "renamed")));
    assert_true(ul_links_update(&links, message(RTM_NEWLINK, 8, "other")));
    l = ul_links_find(&links, 7);
    assert_string_equal(l->name, "renamed");
    assert_int_equal(l->mtu, 1500);
    assert_true(l->up && l->ethernet);
    assert_memory_equal(l->mac, "\2\0\0\0\0\1", 6);
    assert_true(ul_links_update(&links, message(RTM_DELLINK, 7, "renamed")));
    assert_false(ul_links_update(&links, message(RTM_DELLINK, 7, "renamed")));
    assert_null(ul_links_find(&links, 7));
    assert_non_null(ul_links_find(&links, 8));
}

static void vlan_interfaces_name_parent_and_vlan(void **state)
{
    struct nlmsghdr *nlh = message(RTM_NEWLINK, 9, "uplink.5");

    (void)state;
    put_vlan(nlh, "vlan", 5, ETH_P_8021Q);
    assert_true(ul_links_update(&links, nlh));
    assert_int_equal(ul_links_find(&links, 9)->parent, 7);
    assert_int_equal(ul_links_find(&links, 9)->vlan, 5);
}

static void others_on_top_are_not_followed(void **state)
{
    struct nlmsghdr *nlh;

    (void)state;
    nlh = message(RTM_NEWLINK, 9, "uplink.5");
    put_vlan(nlh, "vlan", 5, ETH_P_8021AD); /* a service tag */
    ul_links_update(&links, nlh);
    assert_int_equal(ul_links_find(&links, 9)->parent, 0);

    nlh = message(RTM_NEWLINK, 10, "macvlan0");
    put_vlan(nlh, "macvlan", 5, ETH_P_8021Q);
    ul_links_update(&links, nlh);
    assert_int_equal(ul_links_find(&links, 10)->parent, 0);

    nlh = message(RTM_NEWLINK, 11, "elsewhere.5"); /* parent in another namespace */
    put_vlan(nlh, "vlan", 5, ETH_P_8021Q);
    mnl_attr_put_u32(nlh, IFLA_LINK_NETNSID, 0);
    ul_links_update(&links, nlh);
    assert_int_equal(ul_links_find(&links, 11)->parent, 0);
}

static void damaged_messages_do_no_harm(void **state)
{
    struct nlmsghdr *nlh;

    (void)state;
    nlh = message(RTM_NEWLINK, 7, "a-name-longer-than-any-interface-has");
    mnl_attr_put(nlh, IFLA_MTU, 1, "x");
    mnl_attr_put(nlh, IFLA_ADDRESS, 3, "abc");
    ul_links_update(&links, nlh);
    assert_int_equal(strlen(ul_links_find(&links, 7)->name), IFNAMSIZ - 1);
    assert_false(ul_links_find(&links, 7)->ethernet);

    /* Cut off everywhere. */
    for (uint32_t len = sizeof *nlh; len < 200; len++) {
        nlh = message(RTM_NEWLINK, 9, "uplink.5");
        put_vlan(nlh, "vlan", 5, ETH_P_8021Q);
        if (len < nlh->nlmsg_len) {
            nlh->nlmsg_len = len;
            ul_links_update(&links, nlh);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(interfaces_come_change_and_go, clear),
        cmocka_unit_test_teardown(vlan_interfaces_name_parent_and_vlan, clear),
        cmocka_unit_test_teardown(others_on_top_are_not_followed, clear),
        cmocka_unit_test_teardown(damaged_messages_do_no_harm, clear),
    };
    return cmocka_run_group_tests_name("underlay_links", tests, NULL, NULL);
}
