/* SPDX-License-Identifier: Apache-2.0 */
#include "alloc.h"

#include <rte_malloc.h>

#include "icgw_tables.h"

typedef void *allocator(const char *type, size_t size, unsigned int align, int node);

static int home = SOCKET_ID_ANY;
static uint64_t away;

void icgw_tables_home(int node)
{
    home = node;
    away = 0;
}

uint64_t icgw_tables_away(void)
{
    return away;
}

static void *get(allocator *allocate, const char *type, size_t size, int node)
{
    void *memory;

    if (node != ICGW_HOME) {
        return allocate(type, size, RTE_CACHE_LINE_SIZE, node);
    }
    memory = allocate(type, size, RTE_CACHE_LINE_SIZE, home);
    if (memory == NULL && home != SOCKET_ID_ANY) {
        memory = allocate(type, size, RTE_CACHE_LINE_SIZE, SOCKET_ID_ANY);
        away += memory != NULL;
    }
    return memory;
}

void *icgw_alloc(const char *type, size_t size, int node)
{
    return get(rte_malloc_socket, type, size, node);
}

void *icgw_zalloc(const char *type, size_t size, int node)
{
    return get(rte_zmalloc_socket, type, size, node);
}
