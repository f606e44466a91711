/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PMD_CHILD_H
#define PMD_CHILD_H

/* Ports and workers in a process of their own: EAL starts once in the life of a
 * process.  A case runs there and returns NULL, or what is wrong. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "icgw_pmd.h"

#define CHILD_STRING_(x) #x
#define CHILD_STRING(x) CHILD_STRING_(x)
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return __FILE__ ":" CHILD_STRING(__LINE__) ": expected " #condition;                   \
        }                                                                                          \
    } while (0)

/* Waits up to 10 s. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        for (int ms_ = 0; ms_ < 10000 && !(condition); ms_++) {                                    \
            rte_delay_us_sleep(1000);                                                              \
        }                                                                                          \
        EXPECT(condition);                                                                         \
    } while (0)

static inline void in_child(const struct icgw_pmd_config *config, const char *(*test)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        char *error = NULL;
        const char *wrong;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (icgw_pmd_start(config, &error)) {
            wrong = test();
            icgw_pmd_stop();
        } else {
            wrong = error ? error : "no message";
        }
        if (wrong) {
            fprintf(stderr, "%s\n", wrong);
        }
        fflush(NULL);
        if (wrong) {
            _exit(1);
        }
        free(error);
        exit(0); /* LeakSanitizer looks */
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static inline struct icgw_stats child_stats(uint16_t worker)
{
    struct icgw_worker_info info;

    icgw_pmd_worker_info(worker, &info);
    return info.stats;
}

/* Of all workers. */
static inline struct icgw_stats child_total(void)
{
    struct icgw_stats sum = {0};
    uint64_t *s = (uint64_t *)&sum;

    for (uint16_t w = 0; w < icgw_pmd_n_workers(); w++) {
        struct icgw_stats stats = child_stats(w);

        for (size_t i = 0; i < sizeof sum / sizeof *s; i++) {
            s[i] += ((const uint64_t *)&stats)[i];
        }
    }
    return sum;
}

#endif
