/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "icgw_config.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

static unsigned int count(const struct check_cpus *cpus)
{
    unsigned int n = 0;
    for (size_t i = 0; i < CHECK_MAX_CPUS; i++) {
        n += cpus->has[i];
    }
    return n;
}

static bool read_list(const struct check *c, const char *path, struct check_cpus *cpus)
{
    char *text = check_read(c, "%s", path);
    bool ok = text != NULL && check_cpu_list(text, cpus);
    if (!ok) {
        memset(cpus, 0, sizeof *cpus);
    }
    free(text);
    return ok;
}

/* One for each worker and one for everything else. */
static void check_cores(struct check *c, const struct check_cpus *online)
{
    unsigned int n = count(online), want = c->config->cores;
    bool busy = !c->config->idle_sleep;
    enum check_verdict verdict = n > want           ? CHECK_OK
                                 : n < want && busy ? CHECK_MUST_CHANGE
                                                    : CHECK_ADVICE;
    check_add(c, "cores", verdict,
              xasprintf("%u online, %u worker(s), idle = %s", n, want, busy ? "busy" : "sleep"),
              xstrdup("each worker wants a core of its own, and the control thread and the kernel "
                      "want one, too"),
              xasprintf("cores = %u in [workers]", n > 1 ? n - 1 : 1));
}

static void check_isolation(struct check *c, const struct check_cpus *online)
{
    struct check_cpus isolated;
    char *text = check_read(c, "sys/devices/system/cpu/isolated");
    read_list(c, "sys/devices/system/cpu/isolated", &isolated);
    bool busy = !c->config->idle_sleep;
    unsigned int n = count(&isolated), want = c->config->cores;
    unsigned int total = count(online);
    unsigned int first = total > want ? total - want : 1;
    check_add(c, "isolated cores", n >= want || !busy ? CHECK_OK : CHECK_ADVICE,
              xasprintf("%s, %u worker(s)", n > 0 ? text : "none", want),
              xstrdup("the kernel runs other work on the cores of busy workers, who then miss "
                      "packets"),
              xasprintf("kernel command line: isolcpus=%u-%u nohz_full=%u-%u rcu_nocbs=%u-%u; "
                        "taskset -c for ovnic-gw (CPUAffinity= in the unit)",
                        first, first + want - 1, first, first + want - 1, first, first + want - 1));
    free(text);
}

/* The cores that run slower than they could. */
static void check_governor(struct check *c, const struct check_cpus *online)
{
    char *slow = NULL;
    bool known = false;
    for (unsigned int i = 0; i < CHECK_MAX_CPUS && slow == NULL; i++) {
        char *governor =
            online->has[i]
                ? check_read(c, "sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor", i)
                : NULL;
        known |= governor != NULL;
        if (governor != NULL && strcmp(governor, "performance") != 0) {
            slow = xasprintf("%.40s (cpu %u)", governor, i);
        }
        free(governor);
    }
    if (known) {
        check_add(c, "CPU governor", slow ? CHECK_ADVICE : CHECK_OK,
                  slow ? slow : xstrdup("performance"),
                  xstrdup("a core that has clocked down is slow when a burst arrives"),
                  xstrdup("cpupower frequency-set -g performance"));
    }
}

static void check_clock(struct check *c)
{
    char *source = check_read(c, "sys/devices/system/clocksource/clocksource0/current_clocksource");
    if (source != NULL) {
        bool good = !strcmp(source, "tsc") || !strcmp(source, "kvm-clock") ||
                    !strcmp(source, "arch_sys_counter") ||
                    !strcmp(source, "hyperv_clocksource_tsc_page");
        check_add(
            c, "clock source", good ? CHECK_OK : CHECK_ADVICE, xstrdup(source),
            xstrdup("reading the time is slow with this one, and workers count in TSC cycles"),
            xstrdup("echo tsc >/sys/devices/system/clocksource/clocksource0/"
                    "current_clocksource, or clocksource=tsc on the kernel command line"));
    }
    free(source);
}

void check_cpus(struct check *c)
{
    struct check_cpus online;
    if (read_list(c, "sys/devices/system/cpu/online", &online)) {
        check_cores(c, &online);
        check_isolation(c, &online);
        check_governor(c, &online);
    }
    check_clock(c);
}
