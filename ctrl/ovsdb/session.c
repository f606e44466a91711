/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <config.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "timeline.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_session);

/* Moving from one server of a cluster to the next takes less than this and is
 * not worth a line. */
#define OUTAGE_GRACE_MS 2000

/* Long enough for a server that is busy with a large zone, short enough to
 * leave one whose machine has died. */
#define PROBE_INTERVAL_MS 30000

/* The library reports every attempt to connect.  We say once that a database
 * is away and once that it is back; who asks for more gets it. */
static void hush_reconnect(void)
{
    static bool done;
    if (done) {
        return;
    }
    done = true;
    struct vlog_module *module = vlog_module_from_name("reconnect");
    for (int i = 0; module && i < VLF_N_DESTINATIONS; i++) {
        enum vlog_destination destination = (enum vlog_destination)i;
        if (vlog_get_level(module, destination) == VLL_INFO) {
            vlog_set_levels(module, destination, VLL_WARN);
        }
    }
}

void session_open(struct session *s, const char *what, const char *remote,
                  const struct ovsdb_idl_class *class, bool everything)
{
    hush_reconnect();
    *s = (struct session){
        .what = what,
        .remote = xstrdup(remote),
        .idl = ovsdb_idl_create_unconnected(class, everything),
        .down_since = time_msec(),
        .outage_said = !what,
    };
    /* Any server of a cluster reads and forwards writes; spread over them. */
    ovsdb_idl_set_leader_only(s->idl, false);
    ovsdb_idl_set_shuffle_remotes(s->idl, true);
    ovsdb_idl_set_remote(s->idl, remote, true);
    ovsdb_idl_set_probe_interval(s->idl, PROBE_INTERVAL_MS);
}

void session_set_remote(struct session *s, const char *remote)
{
    if (s->idl && strcmp(s->remote, remote)) {
        free(s->remote);
        s->remote = xstrdup(remote);
        ovsdb_idl_set_remote(s->idl, remote, true);
    }
}

void session_close(struct session *s)
{
    if (s->idl) {
        ovsdb_idl_destroy(s->idl);
        free(s->remote);
        s->idl = NULL;
        s->remote = NULL;
    }
}

bool session_is_open(const struct session *s)
{
    return s->idl != NULL;
}

bool session_connected(const struct session *s)
{
    return s->idl && ovsdb_idl_is_connected(s->idl) && ovsdb_idl_has_ever_connected(s->idl);
}

bool session_has_data(const struct session *s)
{
    return s->idl && ovsdb_idl_has_ever_connected(s->idl);
}

bool session_is_away(const struct session *s)
{
    return !session_connected(s) &&
           (!session_has_data(s) || time_msec() >= s->down_since + OUTAGE_GRACE_MS);
}

unsigned int session_seqno(const struct session *s)
{
    return s->idl ? ovsdb_idl_get_seqno(s->idl) : 0;
}

void session_run(struct session *s)
{
    if (!s->idl) {
        return;
    }
    ovsdb_idl_run(s->idl);

    bool connected = session_connected(s);
    long long now = time_msec();
    if (connected) {
        if (!s->was_connected && s->what) {
            TIMELINE_INFO("%s: connected (%s)", s->what, s->remote);
        }
        if (!s->was_connected) {
            /* The next run sends a condition that was set while the contents were under way,
             * for which the library wakes nobody. */
            poll_immediate_wake();
        }
        s->outage_said = !s->what;
    } else if (s->was_connected) {
        s->down_since = now;
    } else if (!s->outage_said && now - s->down_since >= OUTAGE_GRACE_MS) {
        TIMELINE_WARN("%s: no connection to %s; trying on, and going by what is known", s->what,
                      s->remote);
        s->outage_said = true;
    }
    s->was_connected = connected;
}

void session_wait(const struct session *s)
{
    if (!s->idl) {
        return;
    }
    ovsdb_idl_wait(s->idl);
    if (!s->was_connected && !s->outage_said) {
        poll_timer_wait_until(s->down_since + OUTAGE_GRACE_MS);
    }
}
