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

/* Much more than databases that have lost something are not believed for. */
#define PATIENCE_MS 60000

static struct ovsdb *databases; /* models are theirs */

void replay_open(const char *southbound, const char *ic_southbound, const char *chassis,
                 const struct icgw_addr *encap, struct lflow_cache *cache)
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
    databases = ovsdb_create(&config);
}

void replay_close(void)
{
    ovsdb_destroy(databases);
}

/* The model if it is news, and of that state of the databases. */
static const struct model *look(int64_t nb_cfg)
{
    struct ovsdb_status status;
    bool changed = ovsdb_run(databases);
    ovsdb_status(databases, &status);
    const struct model *model = changed && status.ic_connected ? ovsdb_model(databases) : NULL;
    return nb_cfg < 0 || ovsdb_model_nb_cfg(databases) == nb_cfg ? model : NULL;
}

const struct model *replay_model(int64_t nb_cfg)
{
    const struct model *model;
    long long int deadline = time_msec() + PATIENCE_MS;
    while ((model = look(nb_cfg)) == NULL) {
        if (time_msec() >= deadline) {
            fprintf(stderr, "differential-replay: the databases cannot be read\n");
            exit(1);
        }
        ovsdb_wait(databases);
        poll_timer_wait_until(deadline);
        poll_block();
    }
    return model;
}
