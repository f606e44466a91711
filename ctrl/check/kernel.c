/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "icgw_config.h"
#include "util.h"

/* Strict reverse-path filtering (1) drops what arrives by one host interface and
 * is answered by another; the kernel goes by the larger of `all` and the
 * interface's own value. */
static void check_rp_filter(struct check *c)
{
    long long all = check_number(c, "proc/sys/net/ipv4/conf/all/rp_filter");
    long long preset = check_number(c, "proc/sys/net/ipv4/conf/default/rp_filter");
    bool several = c->config->n_ports > 1;
    if (all < 0) {
        return;
    }
    long long most = MAX(all, preset);
    check_add(c, "rp_filter", most == 1 && several ? CHECK_ADVICE : CHECK_OK,
              xasprintf("all %lld, default %lld, %zu port(s)", all, preset, c->config->n_ports),
              xstrdup("with several ports, ARP and BGP that come by one and go by another are "
                      "dropped"),
              xstrdup("sysctl -w net.ipv4.conf.all.rp_filter=2"));
}

static void check_arp(struct check *c)
{
    long long ignore = check_number(c, "proc/sys/net/ipv4/conf/all/arp_ignore");
    if (ignore >= 0 && c->config->n_ports > 1) {
        check_add(c, "arp_ignore", ignore == 0 ? CHECK_ADVICE : CHECK_OK, xasprintf("%lld", ignore),
                  xstrdup("every port answers ARP for the addresses of all, so that tunnels may "
                          "arrive by the wrong one"),
                  xstrdup("sysctl -w net.ipv4.conf.all.arp_ignore=1 "
                          "net.ipv4.conf.all.arp_announce=2"));
    }
}

static void check_neighbours(struct check *c)
{
    long long most = check_number(c, "proc/sys/net/ipv4/neigh/default/gc_thresh3");
    if (most >= 0) {
        check_add(c, "neighbour table", most < 1024 ? CHECK_ADVICE : CHECK_OK,
                  xasprintf("up to %lld entries", most),
                  xstrdup("next hops of tunnels may not fit"),
                  xstrdup("sysctl -w net.ipv4.neigh.default.gc_thresh3=4096"));
    }
}

static void check_balancing(struct check *c)
{
    long long on = check_number(c, "proc/sys/kernel/numa_balancing");
    if (on >= 0) {
        check_add(c, "NUMA balancing", on > 0 ? CHECK_ADVICE : CHECK_OK,
                  xstrdup(on > 0 ? "on" : "off"),
                  xstrdup("the kernel takes pages away from workers for a moment to see who uses "
                          "them"),
                  xstrdup("sysctl -w kernel.numa_balancing=0"));
    }
}

static void check_tun(struct check *c)
{
    char *device = check_read(c, "sys/class/misc/tun/dev");
    check_add(c, "host interfaces", device ? CHECK_OK : CHECK_MUST_CHANGE,
              xstrdup(device ? "TAP is there" : "no TAP"),
              xstrdup("the kernel's end of a port is a TAP interface"), xstrdup("modprobe tun"));
    free(device);
}

void check_kernel(struct check *c)
{
    check_tun(c);
    check_rp_filter(c);
    check_arp(c);
    check_neighbours(c);
    check_balancing(c);
}
