/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "icgw_config.h"

#define CHASSIS "[chassis]\nname = gw1\nencap-ip = 192.0.2.21\n"
#define OVN "[ovn]\nsouthbound = unix:/run/sb\nic-southbound = tcp:198.51.100.1:6646\n"
#define PORT "[port uplink]\ndevice = net_tap0\nhost-interface = up0\n"
#define MINIMAL CHASSIS OVN PORT /* 9 lines */

#define REMOTES "unix:/PATH, tcp:IP:PORT, ssl:IP:PORT, several separated by commas"
#define IPS "unicast IPv4 and IPv6 addresses, up to 8, separated by commas"
#define ADDRESSES "IP/LENGTH, up to 16, separated by commas"
#define DEVICES "a PCI address (0000:03:00.0) or a DPDK vdev (net_af_packet0,iface=eth1)"
#define NAMES "up to 15 letters, digits, and - _ ."
#define TOKENS "1 to 255 printable characters, no blanks or quotes"

static struct icgw_config *good(const char *text)
{
    struct icgw_config *config;
    char *error;

    if (!icgw_config_parse("gw.conf", text, strlen(text), &config, &error)) {
        fail_msg("%s\nin:\n%s", error, text);
    }
    assert_null(error);
    return config;
}

static void bad_bytes(const char *text, size_t length, const char *expected)
{
    struct icgw_config *config;
    char *error;

    if (icgw_config_parse("gw.conf", text, length, &config, &error)) {
        fail_msg("accepted, instead of: %s\n%s", expected, text);
    }
    assert_null(config);
    assert_string_equal(error, expected);
    free(error);
}

static void bad(const char *text, const char *expected)
{
    bad_bytes(text, strlen(text), expected);
}

static void assert_ip(const struct icgw_config_ip *ip, const char *hex)
{
    char text[33];

    for (int i = 0; i < 16; i++) {
        snprintf(text + 2 * i, 3, "%02x", ip->bytes[i]);
    }
    assert_string_equal(text, hex);
}

static void test_defaults(void **state)
{
    struct icgw_config *c = good(MINIMAL);

    (void)state;
    assert_string_equal(c->chassis, "gw1");
    assert_int_equal(c->n_encap_ips, 1);
    assert_ip(&c->encap_ips[0], "00000000000000000000ffffc0000215");
    assert_true(c->encap_csum);
    assert_string_equal(c->southbound, "unix:/run/sb");
    assert_string_equal(c->ic_southbound, "tcp:198.51.100.1:6646");
    assert_null(c->private_key);
    assert_null(c->certificate);
    assert_null(c->ca_cert);
    assert_int_equal(c->n_ports, 1);
    assert_string_equal(c->ports[0].name, "uplink");
    assert_string_equal(c->ports[0].device, "net_tap0");
    assert_string_equal(c->ports[0].host_interface, "up0");
    assert_int_equal(c->ports[0].n_addresses, 0);
    assert_int_equal(c->ports[0].mtu, 1500);
    assert_int_equal(c->ports[0].spread, ICGW_CONFIG_SPREAD_AUTO);
    assert_int_equal(c->cores, 1);
    assert_true(c->idle_sleep);
    assert_false(c->huge_pages);
    assert_int_equal(c->memory_mib, 256);
    icgw_config_free(c);
}

static void expect_listen(const char *value, const char *ip, uint16_t port)
{
    char text[256];
    snprintf(text, sizeof text, "%s[metrics]\nlisten = %s\n", MINIMAL, value);
    struct icgw_config *c = good(text);
    assert_ip(&c->metrics_ip, ip);
    assert_int_equal(c->metrics_port, port);
    icgw_config_free(c);
}

static void test_metrics(void **state)
{
    static const char *const wrong[] = {"9476",          ":9476", "127.0.0.1",     "127.0.0.1:0",
                                        "::1:9476",      "[::1]", "[127.0.0.1]:1", "localhost:1",
                                        "0.0.0.0:65536", "[]:1",  "[:1",           "224.0.0.1:1"};
    (void)state;
    expect_listen("127.0.0.1:9476", "00000000000000000000ffff7f000001", 9476);
    expect_listen("[::1]:1", "00000000000000000000000000000001", 1);
    expect_listen("0.0.0.0:65535", "00000000000000000000ffff00000000", 65535);
    expect_listen("[::]:80", "00000000000000000000000000000000", 80);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[256], expected[256];
        snprintf(text, sizeof text, "[metrics]\nlisten = %s\n", wrong[i]);
        snprintf(expected, sizeof expected,
                 "gw.conf:2: listen: \"%s\" is no address to listen at; "
                 "allowed: IP:PORT (127.0.0.1:9476, [::1]:9476)",
                 wrong[i]);
        bad(text, expected);
    }
}

static void test_everything(void **state)
{
    struct icgw_config *c =
        good("[workers]\ncores = 64\nidle = busy\n"
             "[dpdk]\nhuge-pages = yes\nmemory = 1048576\n"
             "[chassis]\nencap-ip = 192.0.2.21 , 2001:db8::21\nencap-csum = no\nname = a.b_c-d:e\n"
             "[ovn]\n"
             "southbound = ssl:192.0.2.1:6642, ssl:[2001:db8::1]:6642 ,ssl:192.0.2.3:65535\n"
             "ic-southbound = unix:/run/ovn/ovn_ic_sb_db.sock\n"
             "private-key = /etc/k.pem\ncertificate = /etc/c.pem\nca-cert = /etc/a.pem\n"
             "[port a]\ndevice = 0000:03:00.0,dv_flow_en=1\nhost-interface = abcdefghijklmno\n"
             "address = 192.0.2.21/24, 2001:db8::21/64\naddress = fe80::1/64\n"
             "[port b]\ndevice = 81:00.1\nhost-interface = b\naddress = 10.0.0.1/32\n"
             "mtu = 9600\nspread = software\n");

    (void)state;
    assert_int_equal(c->cores, 64);
    assert_false(c->idle_sleep);
    assert_true(c->huge_pages);
    assert_int_equal(c->memory_mib, 1048576);
    assert_int_equal(c->ports[0].mtu, 1500);
    assert_int_equal(c->ports[1].mtu, 9600);
    assert_int_equal(c->ports[1].spread, ICGW_CONFIG_SPREAD_SOFTWARE);
    assert_string_equal(c->chassis, "a.b_c-d:e");
    assert_int_equal(c->n_encap_ips, 2);
    assert_false(c->encap_csum);
    assert_ip(&c->encap_ips[1], "20010db8000000000000000000000021");
    assert_string_equal(c->southbound,
                        "ssl:192.0.2.1:6642,ssl:[2001:db8::1]:6642,ssl:192.0.2.3:65535");
    assert_string_equal(c->private_key, "/etc/k.pem");
    assert_string_equal(c->certificate, "/etc/c.pem");
    assert_string_equal(c->ca_cert, "/etc/a.pem");
    assert_int_equal(c->n_ports, 2);
    assert_string_equal(c->ports[0].device, "0000:03:00.0,dv_flow_en=1");
    assert_string_equal(c->ports[0].host_interface, "abcdefghijklmno");
    assert_int_equal(c->ports[0].n_addresses, 3);
    assert_ip(&c->ports[0].addresses[0].ip, "00000000000000000000ffffc0000215");
    assert_int_equal(c->ports[0].addresses[0].prefix_len, 24);
    assert_int_equal(c->ports[0].addresses[1].prefix_len, 64);
    assert_ip(&c->ports[0].addresses[2].ip, "fe800000000000000000000000000001");
    assert_string_equal(c->ports[1].name, "b");
    assert_int_equal(c->ports[1].addresses[0].prefix_len, 32);
    icgw_config_free(c);
}

static void test_form(void **state)
{
    struct icgw_config *c = good("\xef\xbb\xbf# comment\r\n  ; comment\r\n\r\n"
                                 "  [ chassis ] # here\r\n\tname=gw;1#a ; the gateway\r\n"
                                 "encap-ip\t=\t192.0.2.21\t# one\r\n" OVN
                                 "[port\tx]\ndevice = net_tap0,mac=a=b\nhost-interface = x");

    (void)state;
    assert_string_equal(c->chassis, "gw;1#a");
    assert_string_equal(c->ports[0].name, "x");
    assert_string_equal(c->ports[0].device, "net_tap0,mac=a=b");
    icgw_config_free(c);
}

static void test_bad_form(void **state)
{
    char *long_line = malloc(5000);

    (void)state;
    bad("[chassis\n", "gw.conf:1: the section has no end; allowed: [SECTION]");
    bad("[\n", "gw.conf:1: the section has no end; allowed: [SECTION]");
    bad("\n\nhello\n", "gw.conf:3: neither a section nor a key; allowed: [SECTION] or KEY = VALUE");
    bad("[chassis]\nname = a\001b\n", "gw.conf:2: the line has a control character; allowed: text");
    bad_bytes("[chassis]\0\n", 11, "gw.conf:1: the line has a control character; allowed: text");
    memset(long_line, 'x', 4097);
    long_line[4097] = '\0';
    bad(long_line, "gw.conf:1: the line is too long; allowed: 4096 bytes");
    free(long_line);
}

static void test_bad_sections(void **state)
{
    (void)state;
    bad("", "gw.conf:1: section [chassis] is missing; allowed there: name, encap-ip, encap-csum");
    bad(CHASSIS PORT, "gw.conf:6: section [ovn] is missing; allowed there: southbound, "
                      "ic-southbound, private-key, certificate, ca-cert");
    bad(CHASSIS OVN, "gw.conf:6: section [port NAME] is missing; allowed there: device, "
                     "host-interface, address, mtu, spread");
    bad(MINIMAL "[worker]\n", "gw.conf:10: unknown section [worker]; allowed: [chassis], [ovn], "
                              "[port NAME], [workers], [dpdk], [metrics]");
    bad(MINIMAL "[]\n", "gw.conf:10: unknown section []; allowed: [chassis], [ovn], [port NAME], "
                        "[workers], [dpdk], [metrics]");
    bad("[chassis x]\n", "gw.conf:1: section [chassis] takes no name; allowed: [chassis]");
    bad(MINIMAL "\n" OVN, "gw.conf:11: section [ovn] is there already, at line 4; allowed: once");
    bad(MINIMAL "[port]\n",
        "gw.conf:10: port \"\" is not a name; allowed: up to 31 letters, digits, and - _ .");
    bad(MINIMAL "[port a b]\n",
        "gw.conf:10: port \"a b\" is not a name; allowed: up to 31 letters, digits, and - _ .");
    bad(MINIMAL "[port abcdefghijklmnopqrstuvwxyz012345]\n",
        "gw.conf:10: port \"abcdefghijklmnopqrstuvwxyz012345\" is not a name; allowed: up to 31 "
        "letters, digits, and - _ .");
    bad(MINIMAL PORT, "gw.conf:10: port \"uplink\" is there already; allowed: one section for "
                      "each port");
}

static void test_too_many_ports(void **state)
{
    char text[2048] = CHASSIS OVN;

    (void)state;
    for (int i = 0; i < 9; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "[port p%d]\ndevice=net_tap%d\nhost-interface=p%d\n", i,
                 i, i);
    }
    bad(text, "gw.conf:31: port \"p8\" is one port too many; allowed: up to 8");
}

static void test_bad_keys(void **state)
{
    (void)state;
    bad("name = gw1\n", "gw.conf:1: name is in no section; allowed: [chassis], [ovn], "
                        "[port NAME], [workers], [dpdk], [metrics] before it");
    bad(CHASSIS "encapip = 192.0.2.1\n",
        "gw.conf:4: unknown key \"encapip\" in [chassis]; allowed: name, encap-ip, encap-csum");
    bad(CHASSIS "Name = gw1\n",
        "gw.conf:4: unknown key \"Name\" in [chassis]; allowed: name, encap-ip, encap-csum");
    bad(CHASSIS "= x\n",
        "gw.conf:4: unknown key \"\" in [chassis]; allowed: name, encap-ip, encap-csum");
    bad(PORT "vlan = 5\n", "gw.conf:4: unknown key \"vlan\" in [port uplink]; allowed: device, "
                           "host-interface, address, mtu, spread");
    bad(CHASSIS "\nname = gw1\n",
        "gw.conf:5: name is there already, at line 2; allowed: once in [chassis]");
    bad("[chassis]\nname =\n", "gw.conf:2: name has no value; allowed: " TOKENS);
    bad("[chassis]\nname = ; gw1\n", "gw.conf:2: name has no value; allowed: " TOKENS);
}

static void test_missing_keys(void **state)
{
    (void)state;
    bad("[chassis]\nencap-ip = 192.0.2.1\n" OVN PORT,
        "gw.conf:1: [chassis] has no name; allowed: name = " TOKENS);
    bad("[chassis]\nname = gw1\n" OVN PORT,
        "gw.conf:1: [chassis] has no encap-ip; allowed: encap-ip = " IPS);
    bad(CHASSIS PORT "[ovn]\nic-southbound = unix:/x\n",
        "gw.conf:7: [ovn] has no southbound; allowed: southbound = " REMOTES);
    bad(CHASSIS PORT "[ovn]\nsouthbound = unix:/x\n",
        "gw.conf:7: [ovn] has no ic-southbound; allowed: ic-southbound = " REMOTES);
    bad(MINIMAL "[port x]\nhost-interface = x\n[dpdk]\n",
        "gw.conf:10: [port x] has no device; allowed: device = " DEVICES);
    bad(MINIMAL "[port x]\ndevice = net_null0\n",
        "gw.conf:10: [port x] has no host-interface; allowed: host-interface = " NAMES);
}

/* `value` of `key` in `section` is refused because it (or `culprit`) `wrong`. */
static void bad_value(const char *section, const char *key, const char *value, const char *culprit,
                      const char *wrong, const char *allowed)
{
    char text[1024];
    char expected[1024];

    snprintf(text, sizeof text, "%s\n%s = %s\n", section, key, value);
    snprintf(expected, sizeof expected, "gw.conf:2: %s: \"%s\" %s; allowed: %s", key, culprit,
             wrong, allowed);
    bad(text, expected);
}

static void test_bad_chassis(void **state)
{
    static const char *const ips[] = {
        "gw1.example.com",
        "192.0.2.256",
        "192.0.2",
        "192.0.2.1/24",
        "0.0.0.0",
        "127.0.0.1",
        "224.0.0.1",
        "::",
        "::1",
        "ff02::1",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:1.2.3.4",
        "[2001:db8::1]",
        "192.0.2.01",
        "-1",
    };

    (void)state;
    bad_value("[chassis]", "name", "a b", "a b", "is not a chassis name", TOKENS);
    bad_value("[chassis]", "name", "\"gw1\"", "\"gw1\"", "is not a chassis name", TOKENS);
    bad_value("[chassis]", "name", "gw\xc3\xa9", "gw\xc3\xa9", "is not a chassis name", TOKENS);
    for (size_t i = 0; i < sizeof ips / sizeof ips[0]; i++) {
        bad_value("[chassis]", "encap-ip", ips[i], ips[i], "is not an address for tunnels", IPS);
    }
    bad_value("[chassis]", "encap-ip", "192.0.2.1,", "", "is not an address for tunnels", IPS);
    bad_value("[chassis]", "encap-ip", "192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2",
              "is not an address for tunnels", IPS);
    bad_value("[chassis]", "encap-ip", "2001:db8::1, 2001:DB8:0::1", "2001:DB8:0::1",
              "is given twice", IPS);
    bad_value("[chassis]", "encap-ip",
              "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8,10.0.0.9",
              "10.0.0.9", "is one address too many", IPS);
}

static void test_bad_ovn(void **state)
{
    static const char *const remotes[] = {
        "/run/sb",
        "unix:",
        "unix:run/sb",
        "ptcp:6642",
        "tcp:192.0.2.1",
        "tcp:192.0.2.1:0",
        "tcp:192.0.2.1:",
        "tcp:192.0.2.1:65536",
        "tcp:sb.example.com:6642",
        "tcp::6642",
        "tcp:[::1:6642",
        "tcp:[192.0.2.1]:6642",
        "tcp:2001:db8::1:1",
        "udp:192.0.2.1:6642",
        "ssl:[]:6642",
    };

    (void)state;
    for (size_t i = 0; i < sizeof remotes / sizeof remotes[0]; i++) {
        bad_value("[ovn]", "southbound", remotes[i], remotes[i], "is not a database", REMOTES);
        bad_value("[ovn]", "ic-southbound", remotes[i], remotes[i], "is not a database", REMOTES);
    }
    bad_value("[ovn]", "southbound", "unix:/a,,unix:/b", "", "is not a database", REMOTES);
    bad_value("[ovn]", "southbound", "unix:/a, b", "b", "is not a database", REMOTES);
    bad_value("[ovn]", "private-key", "key.pem", "key.pem", "is not an absolute path",
              "/PATH of a PEM file");
    bad_value("[ovn]", "certificate", "/", "/", "is not an absolute path", "/PATH of a PEM file");
    bad_value("[ovn]", "ca-cert", "~/x", "~/x", "is not an absolute path", "/PATH of a PEM file");
}

static void test_credentials(void **state)
{
    (void)state;
    icgw_config_free(good(CHASSIS PORT OVN "private-key=/k\ncertificate=/c\nca-cert=/a\n"));
    static const char *const some[] = {
        CHASSIS PORT OVN "private-key = /k\n",
        CHASSIS PORT OVN "certificate = /c\n",
        CHASSIS PORT OVN "ca-cert = /a\n",
        CHASSIS PORT OVN "certificate = /c\nca-cert = /a\n",
    };
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        bad(some[i], "gw.conf:7: the credentials in [ovn] are not complete; allowed: private-key, "
                     "certificate and ca-cert, or none of them");
    }
    bad(CHASSIS PORT "[ovn]\nsouthbound = ssl:192.0.2.1:6642\nic-southbound = unix:/x\n",
        "gw.conf:7: an ssl: database needs credentials; allowed: private-key, certificate and "
        "ca-cert in [ovn]");
    bad(CHASSIS PORT "[ovn]\nsouthbound = unix:/x\nic-southbound = unix:/x,ssl:[2001:db8::1]:1\n"
                     "ca-cert = /a\n",
        "gw.conf:7: an ssl: database needs credentials; allowed: private-key, certificate and "
        "ca-cert in [ovn]");
}

static void test_bad_port(void **state)
{
    static const char *const devices[] = {"eth1",     "0000:03:00",   "0000:03:00.8",
                                          "03:00.0x", "net_",         "net_tap0,",
                                          "NET_TAP0", "net_tap0 x=1", "3:0.0"};
    static const char *const interfaces[] = {"abcdefghijklmnop", ".", "..", "a/b", "a b", "a:1"};
    static const char *const addresses[] = {"192.0.2.1",   "192.0.2.1/0",    "192.0.2.1/33",
                                            "192.0.2.1/x", "2001:db8::/129", "/24",
                                            "192.0.2.1/",  "127.0.0.1/8",    "224.0.0.1/4"};

    (void)state;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        bad_value("[port x]", "device", devices[i], devices[i], "is not a device", DEVICES);
    }
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++) {
        bad_value("[port x]", "host-interface", interfaces[i], interfaces[i],
                  "is not a name for an interface", NAMES);
    }
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        bad_value("[port x]", "address", addresses[i], addresses[i],
                  "is not an address with prefix length", ADDRESSES);
    }
    bad("[port x]\naddress = 10.0.0.1/8\naddress = 10.0.0.2/8, 10.0.0.1/24\n",
        "gw.conf:3: address: \"10.0.0.1/24\" is given twice; allowed: " ADDRESSES);
}

static void test_ports_clash(void **state)
{
    (void)state;
    bad(MINIMAL "[port x]\ndevice = net_tap0\n",
        "gw.conf:11: device: \"net_tap0\" belongs to another port already; allowed: " DEVICES);
    bad(MINIMAL "[port x]\nhost-interface = up0\n",
        "gw.conf:11: host-interface: \"up0\" belongs to another port already; allowed: " NAMES);
}

static void test_bad_workers_and_dpdk(void **state)
{
    static const char *const cores[] = {
        "0", "65", "-1", "+1", "1.5", "0x1", "two", "1 2", "99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++) {
        bad_value("[workers]", "cores", cores[i], cores[i], "is not a number of cores", "1 to 64");
    }
    bad_value("[workers]", "idle", "Sleep", "Sleep", "is not one of the choices", "sleep or busy");
    bad_value("[port p]", "mtu", "1279", "1279", "is not an MTU", "1280 to 9600 (bytes)");
    bad_value("[port p]", "mtu", "9601", "9601", "is not an MTU", "1280 to 9600 (bytes)");
    bad_value("[port p]", "spread", "rss", "rss", "is not one of the choices",
              "auto, queues or software");
    bad_value("[dpdk]", "huge-pages", "true", "true", "is not one of the choices", "yes or no");
    bad_value("[dpdk]", "memory", "63", "63", "is not an amount of memory", "64 to 1048576 (MiB)");
    bad_value("[dpdk]", "memory", "1G", "1G", "is not an amount of memory", "64 to 1048576 (MiB)");
}

static void test_sample(void **state)
{
    struct icgw_config *c;
    char *error;

    (void)state;
    if (!icgw_config_load(ICGW_TEST_DATA "/../config/ovnic-gw.conf", &c, &error)) {
        fail_msg("%s", error);
    }
    assert_string_equal(c->chassis, "gw1");
    assert_string_equal(c->ports[0].device, "0000:03:00.0");
    icgw_config_free(c);
}

static void test_unreadable(void **state)
{
    struct icgw_config *c;
    char *error;

    (void)state;
    assert_false(icgw_config_load("/nonexistent/gw.conf", &c, &error));
    assert_null(c);
    assert_string_equal(error, "/nonexistent/gw.conf: cannot be read: No such file or directory; "
                               "allowed: a readable file of up to 1 MiB");
    free(error);
    assert_false(icgw_config_load("/dev/zero", &c, &error));
    assert_string_equal(error, "/dev/zero: cannot be read: File too large; "
                               "allowed: a readable file of up to 1 MiB");
    free(error);
    assert_false(icgw_config_load("/", &c, &error));
    assert_string_equal(error, "/: cannot be read: Is a directory; "
                               "allowed: a readable file of up to 1 MiB");
    free(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_bad_form),
        cmocka_unit_test(test_bad_sections),
        cmocka_unit_test(test_too_many_ports),
        cmocka_unit_test(test_bad_keys),
        cmocka_unit_test(test_missing_keys),
        cmocka_unit_test(test_bad_chassis),
        cmocka_unit_test(test_bad_ovn),
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_bad_port),
        cmocka_unit_test(test_ports_clash),
        cmocka_unit_test(test_bad_workers_and_dpdk),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_unreadable),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
