/* SPDX-License-Identifier: Apache-2.0 */
/* Which tables workers read, on machines of one and of several NUMA nodes: where lcores
 * and memory are is the test's word. */
#include "pmd_child.h"

#include <string.h>

#include <rte_malloc.h>

#include "pmd.h"

static int lcores[3] = {-1, 0, 0}; /* node by lcore: control thread, two workers */
static unsigned int n_sockets = 1;
static int huge_pages = 1;
static int full = -1;     /* node without memory … */
static unsigned int left; /* … but for so many allocations */

/* --- in place of DPDK's */

unsigned int __wrap_rte_lcore_to_socket_id(unsigned int lcore);
unsigned int __wrap_rte_socket_count(void);
int __wrap_rte_eal_has_hugepages(void);
void *__real_rte_malloc_socket(const char *type, size_t size, unsigned int align, int socket);
void *__wrap_rte_malloc_socket(const char *type, size_t size, unsigned int align, int socket);
void *__real_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket);
void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket);

unsigned int __wrap_rte_lcore_to_socket_id(unsigned int lcore)
{
    return (unsigned int)lcores[lcore];
}

unsigned int __wrap_rte_socket_count(void)
{
    return n_sockets;
}

int __wrap_rte_eal_has_hugepages(void)
{
    return huge_pages;
}

static bool runs_out(int node)
{
    if (node < 0 || node != full) {
        return false;
    }
    if (left == 0) {
        return true;
    }
    left--;
    return false;
}

void *__wrap_rte_malloc_socket(const char *type, size_t size, unsigned int align, int socket)
{
    return runs_out(socket) ? NULL : __real_rte_malloc_socket(type, size, align, -1);
}

void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket)
{
    return runs_out(socket) ? NULL : __real_rte_zmalloc_socket(type, size, align, -1);
}

/* --- helpers */

static void with_nodes(unsigned int n, int first, int second, const char *(*test)(void))
{
    struct icgw_pmd_config config = {
        .program = "test_pmd_replicas",
        .memory_mib = 256,
        .n_workers = 2,
        .idle_sleep = true,
        .n_ports = 1,
        .ports = {{.name = "a", .device = "net_null0,no-rx=1"}},
    };

    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        print_message("needs two CPUs\n");
        skip();
    }
    n_sockets = n;
    lcores[1] = first;
    lcores[2] = second;
    in_child(&config, test);
}

static const struct icgw_tables *read_by(uint16_t worker)
{
    return atomic_load(&pmd.workers[worker]->tables);
}

static struct icgw_copy_info copy(uint16_t i)
{
    struct icgw_copy_info info;

    icgw_pmd_copy_info(i, &info);
    return info;
}

static bool publish_one(uint32_t n_dests)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, true, 0, n_dests, 0);
    struct icgw_tables *t = icgw_tables_create(1, 1, 1, NULL, 0);
    const struct icgw_dest dest = {.verdict = ICGW_VERDICT_DROP};
    bool ok = ep != NULL && t != NULL;

    for (uint32_t i = 0; ok && i < n_dests; i++) {
        ok = icgw_endpoint_add_v4(ep, i, 32, &dest);
    }
    ok = ok && icgw_tables_add_endpoint(t, 1, 1, ep);
    icgw_endpoint_unref(ep);
    icgw_pmd_publish(t);
    return ok;
}

/* --- cases */

static const char *reads_its_own(void)
{
    EXPECT(icgw_pmd_n_copies() == 2);
    for (uint32_t round = 0; round < 3; round++) {
        const struct icgw_tables *before[2] = {read_by(0), read_by(1)};

        EXPECT(before[0] == icgw_pmd_tables() && before[1]->node == 0);
        EXPECT(publish_one(100 * (1 + round)));
        EXPECT(read_by(0) == icgw_pmd_tables() && read_by(0) != before[0]);
        EXPECT(read_by(1) == icgw_tables_on(icgw_pmd_tables(), 0) && read_by(1) != before[1]);
        EXPECT(read_by(1) != read_by(0) && read_by(1)->node == 0);
        AWAIT(icgw_pmd_in_use() == icgw_pmd_published()); /* one word of each worker */
    }
    EXPECT(copy(0).node == 1 && copy(1).node == 0); /* worker 0's is the home */
    EXPECT(copy(0).n_workers == 1 && copy(1).n_workers == 1);
    EXPECT(icgw_pmd_copy_bytes(0) == icgw_pmd_copy_bytes(1) &&
           icgw_pmd_copy_bytes(0) > 300 * sizeof(struct icgw_dest));
    EXPECT(!copy(0).note.warning && !copy(1).note.warning && icgw_tables_away() == 0);
    return NULL;
}

static void two_nodes(void **state)
{
    (void)state;
    with_nodes(2, 1, 0, reads_its_own);
}

static const char *reads_the_only_one(void)
{
    EXPECT(publish_one(10));
    EXPECT(icgw_pmd_n_copies() == 1 && icgw_pmd_tables()->replica == NULL);
    EXPECT(read_by(0) == icgw_pmd_tables() && read_by(1) == icgw_pmd_tables());
    EXPECT(copy(0).n_workers == 2 &&
           icgw_pmd_copy_bytes(0) == icgw_tables_bytes(icgw_pmd_tables()));
    EXPECT(copy(0).node == lcores[1]);
    EXPECT(copy(0).note.warning == (copy(0).note.text[0] != '\0'));
    return NULL;
}

static const char *says_nothing(void)
{
    EXPECT(copy(0).note.text[0] == '\0');
    return reads_the_only_one();
}

static void one_node(void **state)
{
    (void)state;
    with_nodes(1, 0, 0, says_nothing);
    with_nodes(1, -1, -1, says_nothing);
    with_nodes(2, 1, 1, says_nothing); /* both workers on one of two */
    huge_pages = 0;
    with_nodes(1, 0, 0, says_nothing);
    huge_pages = 1;
}

static const char *says_that_they_may_run_anywhere(void)
{
    EXPECT(strstr(copy(0).note.text, "2 of 2 workers may run on any NUMA node"));
    return reads_the_only_one();
}

static void workers_of_unknown_nodes(void **state)
{
    (void)state;
    with_nodes(2, -1, -1, says_that_they_may_run_anywhere);
}

static const char *says_that_memory_has_no_node(void)
{
    EXPECT(publish_one(10));
    EXPECT(icgw_pmd_n_copies() == 1 && icgw_pmd_tables()->replica == NULL);
    EXPECT(read_by(0) == icgw_pmd_tables() && read_by(1) == icgw_pmd_tables());
    EXPECT(copy(0).node == -1 && copy(0).n_workers == 2 && copy(0).note.warning);
    EXPECT(strstr(copy(0).note.text, "huge-pages"));
    return NULL;
}

static void no_huge_pages(void **state)
{
    (void)state;
    huge_pages = 0;
    with_nodes(2, 0, 1, says_that_memory_has_no_node);
    with_nodes(2, 1, 1, says_that_memory_has_no_node);
    huge_pages = 1;
}

static const char *falls_back(void)
{
    EXPECT(publish_one(10) && read_by(1)->node == 1);
    full = 1;
    EXPECT(publish_one(20));
    EXPECT(read_by(0) == icgw_pmd_tables() && read_by(1) == icgw_pmd_tables());
    EXPECT(icgw_pmd_copy_bytes(1) == 0 && copy(1).n_workers == 1 && copy(1).note.warning);
    EXPECT(strstr(copy(1).note.text, "no memory on NUMA node 1: its workers read the tables of "
                                     "node 0"));
    EXPECT(!copy(0).note.warning);
    AWAIT(icgw_pmd_in_use() == icgw_pmd_published());
    left = 7; /* the tables without their endpoint */
    EXPECT(publish_one(20));
    EXPECT(read_by(1)->node == 1 && icgw_pmd_copy_bytes(1) > 0);
    EXPECT(icgw_tables_endpoint(read_by(1), 1, 1) == icgw_tables_endpoint(read_by(0), 1, 1));
    EXPECT(strstr(copy(1).note.text, "its workers read 1 of 1 endpoints on node 0"));
    full = -1;
    EXPECT(publish_one(30));
    EXPECT(read_by(1)->node == 1 && read_by(1) != icgw_pmd_tables());
    EXPECT(icgw_pmd_copy_bytes(1) == icgw_pmd_copy_bytes(0) && !copy(1).note.warning);
    return NULL;
}

static void node_without_memory(void **state)
{
    (void)state;
    with_nodes(2, 0, 1, falls_back);
}

static const char *builds_elsewhere(void)
{
    full = 0;
    EXPECT(publish_one(10));
    EXPECT(icgw_tables_away() > 0 && copy(0).note.warning);
    EXPECT(strstr(copy(0).note.text, "memory of NUMA node 0 ran out"));
    EXPECT(read_by(1)->node == 1 && !copy(1).note.warning);
    full = -1;
    return NULL;
}

static void home_without_memory(void **state)
{
    (void)state;
    with_nodes(2, 0, 1, builds_elsewhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_node),
        cmocka_unit_test(two_nodes),
        cmocka_unit_test(workers_of_unknown_nodes),
        cmocka_unit_test(no_huge_pages),
        cmocka_unit_test(node_without_memory),
        cmocka_unit_test(home_without_memory),
    };

    return cmocka_run_group_tests_name("pmd_replicas", tests, NULL, NULL);
}
