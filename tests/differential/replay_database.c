/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb.h"
#include "replay.h"
#include "timeval.h"
#include "util.h"

#define PATIENCE_MS 10000

static struct ovsdb *databases; /* the model is theirs */

void replay_close(void)
{
    ovsdb_destroy(databases);
}

const struct model *replay_model(const char *southbound, const char *ic_southbound,
                                 const char *chassis, const struct icgw_addr *encap,
                                 struct lflow_cache *cache)
{
    const struct ovsdb_config config = {
        .chassis = chassis,
        .hostname = chassis,
        .encap_ips = encap,
        .n_encap_ips = 1,
        .southbound = southbound,
        .ic_southbound = ic_southbound,
        .cache = cache,
    };
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_WARN);
    struct ovsdb *o = ovsdb_create(&config);
    struct ovsdb_status status;
    const struct model *model = NULL;
    long long int deadline = time_msec() + PATIENCE_MS;
    do {
        bool changed = ovsdb_run(o);
        ovsdb_status(o, &status);
        if (changed && status.ic_connected) {
            model = ovsdb_model(o);
        }
        if (model == NULL) {
            ovsdb_wait(o);
            poll_timer_wait_until(deadline);
            poll_block();
        }
    } while (model == NULL && time_msec() < deadline);
    databases = o;
    if (model == NULL) {
        fprintf(stderr, "differential-replay: the databases cannot be read\n");
        exit(1);
    }
    return model;
}
