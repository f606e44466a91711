/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_log.h>

#include "pmd.h"

/* What DPDK logs while starting is recorded: its return codes are vague (EFAULT
 * for a driver that does not exist, EPERM for an interface that does not), its
 * log says what happened.  Control thread only. */
static FILE *record;
static char *text;
static size_t len;
static size_t mark; /* what comes before is old */
static char reason[160];

void pmd_log_record(void)
{
    record = open_memstream(&text, &len);
    if (record) {
        rte_openlog_stream(record);
    }
    mark = 0;
}

void pmd_log_listen(void)
{
    if (record) {
        fflush(record);
        mark = len;
    }
}

const char *pmd_log_reason(int error)
{
    if (record) {
        fflush(record);
        if (len > mark) {
            /* The first line is the nearest to the cause. */
            snprintf(reason, sizeof reason, "%.*s", (int)strcspn(text + mark, "\n"), text + mark);
            return reason;
        }
    }
    return rte_strerror(error < 0 ? -error : error);
}

void pmd_log_release(void)
{
    if (record) {
        rte_openlog_stream(NULL);
        fclose(record);
        record = NULL;
    }
    free(text);
    text = NULL;
    len = 0;
}
