/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "gateway_state.h"

#include <stdlib.h>

#include "gateway.h"
#include "gateway_bfd.h"
#include "icgw_pmd.h"
#include "model.h"
#include "openvswitch/vlog.h"
#include "ovsdb.h"
#include "state_file.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(gateway_state);

#define STATE_INTERVAL_MS 10000

/* The control thread writes, and elections wait for it: one part of its time in so
 * many.  (A child process would write from a copy, but DPDK's memory, which devices
 * write to, must not be copied on write.) */
#define STATE_SHARE 100

static bool save(struct gateway *gw, const char *path)
{
    char *error = NULL;
    bool ok = state_file_save(path, gw->config->chassis, gw->model, &error);
    if (!ok) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);
        VLOG_WARN_RL(&rl, "%s; the next run waits for the databases", error);
        free(error);
    }
    return ok;
}

/* What the last run left is not written again: it would look younger than it is. */
static bool worth_keeping(const struct gateway *gw)
{
    struct ovsdb_status status;
    if (gw->model == NULL || gw->model == gw->loaded || gw->stale ||
        icgw_pmd_in_use() < gw->published) {
        return false;
    }
    ovsdb_status(gw->ovsdb, &status);
    return status.sb_connected;
}

void gateway_state_run(struct gateway *gw, const char *path)
{
    struct gateway_state *state = &gw->state;
    long long int start = time_msec();
    if (start < state->due || !worth_keeping(gw)) {
        return;
    }
    bool same = state->model == gw->model && state->version == gw->version;
    if (!same || !state_file_confirm(path)) {
        state->model = save(gw, path) ? gw->model : NULL;
        state->version = gw->version;
    }
    long long int now = time_msec();
    state->due = now + MAX(STATE_INTERVAL_MS, (now - start) * STATE_SHARE);
}

int64_t gateway_state_wakeup(const struct gateway *gw)
{
    /* In the past: databases and workers decide when, and wake us. */
    return gw->state.due > time_msec() ? gw->state.due : INT64_MAX;
}

void gateway_state_save(struct gateway *gw, const char *path)
{
    gateway_bfd_save(gw, path);
    if (gw->model != NULL) {
        save(gw, path);
    }
}
