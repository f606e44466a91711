/* SPDX-License-Identifier: Apache-2.0 */

/* How long it takes from databases' contents to forwarding tables, and how much
 * memory, at the size of a large deployment: transit switches with two routers
 * of this zone each, a logical switch with VMs behind every router. */

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <rte_eal.h>

#include "icgw_tables.h"
#include "lflow.h"
#include "model.h"
#include "specialise.h"

struct size {
    unsigned int switches; /* transit */
    unsigned int vms;      /* behind each router */
};

/* One row of Logical_Flow for one datapath. */
static void __attribute__((format(printf, 7, 8)))
flow(struct model *m, const char *datapath, enum model_pipeline pipeline, int table, int priority,
     const char *match, const char *actions, ...)
{
    char text[512];
    va_list args;
    va_start(args, actions);
    vsnprintf(text, sizeof text, actions, args);
    va_end(args);
    struct model_flow_row row = {.uuid = "",
                                 .stage = "",
                                 .pipeline = pipeline,
                                 .table = table,
                                 .priority = priority,
                                 .match = match,
                                 .actions = text};
    model_add_flow(m, &datapath, 1, &row);
}

static void port(struct model *m, const char *datapath, const char *name, const char *type,
                 unsigned int key, const char *peer, const char *mac, const char *chassis,
                 const char *distributed)
{
    struct model_port_row row = {.name = name,
                                 .type = type,
                                 .key = key,
                                 .datapath = datapath,
                                 .peer = peer,
                                 .mac = mac,
                                 .chassis = chassis,
                                 .distributed_port = distributed};
    model_add_port(m, &row);
}

struct names {
    char lr[32], ls[32], ts[32];
    char lr_ls[32], ls_lr[32], lr_ts[32], ts_lr[32], cr[32];
    char match[512];
};

static void name_all(struct names *n, unsigned int router)
{
    snprintf(n->lr, sizeof n->lr, "lr%u", router);
    snprintf(n->ls, sizeof n->ls, "ls%u", router);
    snprintf(n->ts, sizeof n->ts, "ts%u", router / 2);
    snprintf(n->lr_ls, sizeof n->lr_ls, "lr%u-ls", router);
    snprintf(n->ls_lr, sizeof n->ls_lr, "ls%u-lr", router);
    snprintf(n->lr_ts, sizeof n->lr_ts, "lr%u-ts", router);
    snprintf(n->ts_lr, sizeof n->ts_lr, "ts-lr%u", router);
    snprintf(n->cr, sizeof n->cr, "cr-lr%u-ts", router);
}

static void add_router_flows(struct model *m, struct names *n, unsigned int router)
{
    unsigned int a = router >> 8, b = router & 0xff;
    snprintf(n->match, sizeof n->match,
             "eth.dst == aa:00:00:00:%02x:%02x && inport == \"%s\" && is_chassis_resident(\"%s\")",
             a, b, n->lr_ts, n->cr);
    flow(m, n->lr, MODEL_INGRESS, 0, 50, n->match, "next;");
    flow(m, n->lr, MODEL_INGRESS, 0, 100, "vlan.present || eth.src[40]", "drop;");
    snprintf(n->match, sizeof n->match, "ip4.src == {10.%u.%u.1, 10.%u.%u.255} && reg9[0] == 0", a,
             b, a, b);
    flow(m, n->lr, MODEL_INGRESS, 1, 100, n->match, "drop;");
    flow(m, n->lr, MODEL_INGRESS, 1, 30, "ip.ttl == {0, 1} && !ip.later_frag", "drop;");
    snprintf(n->match, sizeof n->match, "ip4.dst == 10.%u.%u.1", a, b);
    flow(m, n->lr, MODEL_INGRESS, 1, 60, n->match, "drop;");
    flow(m, n->lr, MODEL_INGRESS, 1, 0, "1", "next;");
    snprintf(n->match, sizeof n->match, "ip4.dst == 10.%u.%u.0/24", a, b);
    flow(m, n->lr, MODEL_INGRESS, 2, 74, n->match,
         "ip.ttl--; reg8[0..15] = 0; reg0 = ip4.dst; reg1 = 10.%u.%u.1; eth.src = "
         "00:00:00:00:%02x:%02x; outport = \"%s\"; flags.loopback = 1; next;",
         a, b, a, b, n->lr_ls);
    flow(m, n->lr, MODEL_INGRESS, 3, 150, "reg8[0..15] == 0", "next;");
    flow(m, n->lr, MODEL_INGRESS, 4, 1, "ip4", "get_arp(outport, reg0); next;");
    flow(m, n->lr, MODEL_INGRESS, 5, 100, "eth.dst == 00:00:00:00:00:00 && ip4",
         "arp { eth.dst = ff:ff:ff:ff:ff:ff; output; };");
    flow(m, n->lr, MODEL_INGRESS, 5, 0, "1", "output;");
    flow(m, n->lr, MODEL_EGRESS, 0, 0, "1", "output;");
}

static void add_vm(struct model *m, struct names *n, unsigned int router, unsigned int vm)
{
    char name[40], mac[64];
    unsigned int a = router >> 8, b = router & 0xff;
    snprintf(name, sizeof name, "vm%u-%u", router, vm);
    snprintf(mac, sizeof mac, "02:00:%02x:%02x:00:%02x 10.%u.%u.%u", a, b, vm, a, b, vm + 2);
    port(m, n->ls, name, "", vm + 2, NULL, mac, vm & 1 ? "hv1" : "hv2", NULL);

    snprintf(n->match, sizeof n->match, "outport == \"%s\" && reg0 == 10.%u.%u.%u", n->lr_ls, a, b,
             vm + 2);
    flow(m, n->lr, MODEL_INGRESS, 4, 100, n->match, "eth.dst = 02:00:%02x:%02x:00:%02x; next;", a,
         b, vm);
    snprintf(n->match, sizeof n->match, "eth.dst == 02:00:%02x:%02x:00:%02x", a, b, vm);
    flow(m, n->ls, MODEL_INGRESS, 1, 50, n->match, "outport = \"%s\"; output;", name);
}

static void add_router(struct model *m, const struct size *size, unsigned int router)
{
    struct names n;
    char mac[64];
    unsigned int a = router >> 8, b = router & 0xff;

    name_all(&n, router);
    model_add_datapath(m, n.lr, n.lr, 1 + 2 * router, true, false);
    model_add_datapath(m, n.ls, n.ls, 2 + 2 * router, false, false);
    if (router % 2 == 0) {
        model_add_datapath(m, n.ts, n.ts, 16711681 + router / 2, false, true);
    }
    snprintf(mac, sizeof mac, "aa:00:00:00:%02x:%02x 169.254.1.%u/24", a, b, 1 + router % 2);
    port(m, n.lr, n.lr_ts, "patch", 1, n.ts_lr, mac, NULL, NULL);
    port(m, n.lr, n.cr, "chassisredirect", 2, NULL, mac, "gw", n.lr_ts);
    port(m, n.ts, n.ts_lr, "patch", 1 + router % 2, n.lr_ts, "router", NULL, NULL);
    snprintf(mac, sizeof mac, "00:00:00:00:%02x:%02x 10.%u.%u.1/24", a, b, a, b);
    port(m, n.lr, n.lr_ls, "patch", 3, n.ls_lr, mac, NULL, NULL);
    port(m, n.ls, n.ls_lr, "patch", 1, n.lr_ls, "router", NULL, NULL);

    add_router_flows(m, &n, router);
    flow(m, n.ls, MODEL_INGRESS, 0, 0, "1", "next;");
    for (unsigned int vm = 0; vm < size->vms; vm++) {
        add_vm(m, &n, router, vm);
    }
    snprintf(n.match, sizeof n.match, "eth.dst == aa:00:00:00:%02x:%02x", a, b);
    flow(m, n.ts, MODEL_INGRESS, 0, 50, n.match, "outport = \"%s\"; output;", n.ts_lr);
    if (router % 2 == 0) {
        flow(m, n.ts, MODEL_EGRESS, 0, 0, "1", "output;");
    }
}

static void add_remotes(struct model *m, const struct size *size)
{
    char ts[32], name[32];
    for (unsigned int i = 0; i < size->switches; i++) {
        snprintf(ts, sizeof ts, "ts%u", i);
        snprintf(name, sizeof name, "ts%u-far", i);
        port(m, ts, name, "remote", 3, NULL, "aa:00:00:01:00:01 169.254.1.9/24", "far", NULL);
        flow(m, ts, MODEL_INGRESS, 0, 50, "eth.dst == aa:00:00:01:00:01",
             "outport = \"%s\"; output;", name);
    }
}

static struct model *build(const struct size *size, struct lflow_cache *cache)
{
    static const struct {
        const char *name, *ip;
        bool remote;
    } chassis[] = {{"gw", "192.0.2.1", false},
                   {"hv1", "192.0.2.2", false},
                   {"hv2", "192.0.2.3", false},
                   {"far", "192.0.2.4", true}};
    struct model *m = model_create("gw", cache);
    for (size_t i = 0; i < sizeof chassis / sizeof *chassis; i++) {
        struct model_chassis *c = model_add_chassis(m, chassis[i].name, chassis[i].remote);
        model_add_encap(m, c, "geneve", chassis[i].ip, true, 6081);
    }
    for (unsigned int i = 0; i < 2 * size->switches; i++) {
        add_router(m, size, i);
    }
    add_remotes(m, size);
    model_finish(m);
    return m;
}

/* CPU time of this thread: other work on the machine counts little. */
static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double resident_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* A new VM behind a router, as the databases' sessions take it: the ports of its
 * switch anew, and its flows. */
static void change(struct model *m, const struct size *size, unsigned int router)
{
    struct names n;
    char name[40], mac[64];
    unsigned int a = router >> 8, b = router & 0xff;

    name_all(&n, router);
    model_empty_datapath(m, n.ls);
    port(m, n.ls, n.ls_lr, "patch", 1, n.lr_ls, "router", NULL, NULL);
    for (unsigned int vm = 0; vm < size->vms; vm++) {
        snprintf(name, sizeof name, "vm%u-%u", router, vm);
        snprintf(mac, sizeof mac, "02:00:%02x:%02x:00:%02x 10.%u.%u.%u", a, b, vm, a, b, vm + 2);
        port(m, n.ls, name, "", vm + 2, NULL, mac, vm & 1 ? "hv1" : "hv2", NULL);
    }
    add_vm(m, &n, router, size->vms);
    model_finish(m);
}

static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

#define N_CHANGES 21

/* Of several changes. */
struct times {
    double ms[N_CHANGES];
};

static double median(struct times *t)
{
    qsort(t->ms, N_CHANGES, sizeof *t->ms, compare_times);
    return t->ms[N_CHANGES / 2];
}

/* Changes, one after the other; returns the last result, NULL without memory. */
static struct specialised *follow(struct model *m, const struct size *size,
                                  const struct icgw_addr *local, struct specialised *before)
{
    struct times model = {0}, specialised = {0}, old = {0};
    for (unsigned int i = 0; i < N_CHANGES && before != NULL; i++) {
        double t0 = now_ms();
        change(m, size, i * 7 % (2 * size->switches));
        double t1 = now_ms();
        struct specialised *now = specialise_again(m, local, 1, before, before->tables);
        double t2 = now_ms();
        specialised_free(before);
        before = now;
        model.ms[i] = t1 - t0;
        specialised.ms[i] = t2 - t1;
        old.ms[i] = now_ms() - t2;
    }
    printf("%-44s %12.2f ms\n", "one VM more: model", median(&model));
    printf("%-44s %12.2f ms\n", "specialising what depends on it, tables", median(&specialised));
    printf("%-44s %12.2f ms\n", "freeing the tables before", median(&old));
    return before;
}

static int measure(const struct size *size)
{
    struct icgw_addr local = {{[10] = 0xff, 0xff, 192, 0, 2, 1}};
    struct lflow_cache *cache = lflow_cache_create();
    double t0 = now_ms();
    struct model *m = build(size, cache);
    double t1 = now_ms();
    struct specialised *s = specialise(m, &local, 1);
    double t2 = now_ms();
    printf("%-44s %12u\n", "transit switches", size->switches);
    printf("%-44s %12u\n", "routers", 2 * size->switches);
    printf("%-44s %12zu\n", "logical flows", model_n_flows(m));
    printf("%-44s %12zu\n", "destinations", s ? s->n_destinations : 0);
    printf("%-44s %12zu\n", "not on the fast path", s ? s->n_reports : 0);
    printf("%-44s %12.1f ms\n", "model, flows parsed for the first time", t1 - t0);
    printf("%-44s %12.1f ms\n", "specialising everything", t2 - t1);
    printf("%-44s %12.1f ms\n", "from an empty start, together", t2 - t0);
    s = follow(m, size, &local, s);
    if (s == NULL) {
        fprintf(stderr, "not enough memory for the tables\n");
        return EXIT_FAILURE;
    }
    printf("%-44s %12zu of %zu\n", "endpoints taken over", s->n_reused, s->n_endpoints);
    printf("%-44s %12.0f MiB\n", "memory at most (two tables)", resident_mib());
    puts("times are of the CPU, medians for changes");
    specialised_free(s);
    model_free(m);
    lflow_cache_free(cache);
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    static char args[][24] = {"scale", "--no-huge", "--no-shconf",      "--no-pci",
                              "-m",    "1024",      "--log-level=error"};
    char *eal[RTE_DIM(args) + 1] = {NULL};
    struct size size = {1000, 50};
    if (argc > 3 || (argc > 1 && (size.switches = (unsigned int)atoi(argv[1])) == 0) ||
        (argc > 2 && (size.vms = (unsigned int)atoi(argv[2])) > 200)) {
        fprintf(stderr, "usage: ovnic-gw-scale [TRANSIT-SWITCHES [VMS-PER-ROUTER]]\n");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < RTE_DIM(args); i++) {
        eal[i] = args[i];
    }
    if (rte_eal_init(RTE_DIM(args), eal) < 0) {
        return EXIT_FAILURE;
    }
    int status = measure(&size);
    rte_eal_cleanup();
    return status;
}
