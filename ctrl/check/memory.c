/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "icgw_config.h"
#include "util.h"

/* Sizes of hugepages that DPDK takes on the machines that it is for. */
static const unsigned int sizes_kib[] = {2048, 1048576};

/* MiB that are free in all sizes. */
static unsigned long long free_huge_mib(const struct check *c)
{
    unsigned long long mib = 0;
    for (size_t i = 0; i < ARRAY_SIZE(sizes_kib); i++) {
        long long n =
            check_number(c, "sys/kernel/mm/hugepages/hugepages-%ukB/free_hugepages", sizes_kib[i]);
        mib += n > 0 ? (unsigned long long)n * sizes_kib[i] / 1024 : 0;
    }
    return mib;
}

static void check_hugepages(struct check *c)
{
    unsigned long long mib = free_huge_mib(c);
    unsigned int want = c->config->memory_mib;
    char *found = xasprintf("%llu MiB free, %u MiB wanted, huge-pages = %s", mib, want,
                            c->config->huge_pages ? "yes" : "no");
    char *command = xasprintf("sysctl -w vm.nr_hugepages=%u", (want + 1) / 2);
    if (!c->config->huge_pages) {
        check_add(c, "hugepages", CHECK_ADVICE, found,
                  xstrdup("packet memory in small pages costs speed, and most NICs do not work "
                          "with it"),
                  xasprintf("%s; huge-pages = yes in [dpdk]", command));
        free(command);
        return;
    }
    check_add(c, "hugepages", mib >= want ? CHECK_OK : CHECK_MUST_CHANGE, found,
              xstrdup("DPDK finds no room for its packet memory"), command);
}

static void check_thp(struct check *c)
{
    char *text = check_read(c, "sys/kernel/mm/transparent_hugepage/enabled");
    char *chosen = check_choice(text);
    if (chosen != NULL) {
        check_add(c, "transparent hugepages", strcmp(chosen, "always") ? CHECK_OK : CHECK_ADVICE,
                  xstrdup(chosen),
                  xstrdup("the kernel moves pages about in the background, which workers feel as "
                          "hiccups"),
                  xstrdup("echo madvise >/sys/kernel/mm/transparent_hugepage/enabled"));
    }
    free(chosen);
    free(text);
}

void check_memory(struct check *c)
{
    check_hugepages(c);
    check_thp(c);
}
