/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include <limits.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_tasks);

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 30000
#define RETRY_MS 100

void tasks_init(struct ovsdb *o)
{
    static const struct task initial[N_TASKS] = {
        /* Two gateways that were given the same name would otherwise repair
         * each other's rows as fast as the server can. */
        [TASK_CHASSIS] = {.what = "register the chassis",
                          .compose = chassis_compose,
                          .done = chassis_done,
                          .min_interval = 1000},
        [TASK_CLAIMS] = {.what = "claim or release ports",
                         .compose = claims_compose,
                         .done = claims_done,
                         .when_told = true},
        [TASK_NB_CFG] = {.what = "acknowledge nb_cfg", .compose = nb_cfg_compose},
        [TASK_LEARN] = {.what = "write MAC_Binding", .compose = learn_compose, .done = learn_done},
        [TASK_LEARN_FDB] = {.what = "write FDB",
                            .compose = learn_fdb_compose,
                            .done = learn_fdb_done},
        [TASK_WITHDRAW] = {.what = "withdraw the chassis",
                           .compose = withdraw_compose,
                           .done = withdraw_done},
    };
    for (int i = 0; i < N_TASKS; i++) {
        o->tasks.task[i] = initial[i];
        o->tasks.task[i].wake_at = LLONG_MAX;
        o->tasks.task[i].pending = true;
    }
}

void tasks_clear(struct ovsdb *o)
{
    if (o->tasks.txn) {
        ovsdb_idl_txn_destroy(o->tasks.txn);
        o->tasks.txn = NULL;
    }
}

void tasks_kick(struct ovsdb *o, int task)
{
    o->tasks.task[task].pending = true;
}

void task_wake_at(struct task *t, long long when)
{
    t->wake_at = MIN(t->wake_at, when);
}

/* Once until it succeeds, not once per attempt.  The library logs each. */
static void report(struct task *t, const char *error)
{
    if (!t->reported) {
        VLOG_WARN("cannot %s, trying on: %s", t->what, error);
        t->reported = true;
    }
}

static void succeeded(struct task *t, long long now)
{
    t->not_before = now + t->min_interval;
    t->backoff = 0;
    t->reported = false;
}

/* Takes the result of the transaction under way, if it has one. */
static void finish(struct ovsdb *o)
{
    struct task *t = o->tasks.current;
    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(o->tasks.txn);
    if (status == TXN_INCOMPLETE) {
        return;
    }

    long long now = time_msec();
    enum task_outcome outcome = TASK_DONE;
    t->pending = status != TXN_UNCHANGED;
    if (status == TXN_SUCCESS || status == TXN_UNCHANGED) {
        succeeded(t, now);
    } else if (status == TXN_TRY_AGAIN) {
        outcome = TASK_AGAIN;
        t->not_before = now + RETRY_MS;
    } else {
        outcome = TASK_FAILED;
        t->backoff = MIN(MAX(2 * t->backoff, BACKOFF_MIN_MS), BACKOFF_MAX_MS);
        t->not_before = now + t->backoff;
        report(t, ovsdb_idl_txn_get_error(o->tasks.txn));
    }
    ovsdb_idl_txn_destroy(o->tasks.txn);
    o->tasks.txn = NULL;
    o->tasks.current = NULL;
    if (t->done) {
        t->done(o, outcome);
    }
}

static bool has_news(const struct ovsdb *o, const struct task *t)
{
    return t->pending || (!t->when_told && t->seqno != session_seqno(&o->sb));
}

static bool is_due(const struct ovsdb *o, const struct task *t, long long now)
{
    bool relevant = (t == &o->tasks.task[TASK_WITHDRAW]) == o->withdrawing;
    bool news = has_news(o, t) || now >= t->wake_at;
    return relevant && news && now >= t->not_before;
}

static void start(struct ovsdb *o, struct task *t)
{
    struct ovsdb_idl_txn *txn = ovsdb_idl_txn_create(o->sb.idl);
    t->seqno = session_seqno(&o->sb);
    t->pending = false;
    t->wake_at = LLONG_MAX;
    if (!t->compose(o, t, txn)) {
        ovsdb_idl_txn_abort(txn);
        ovsdb_idl_txn_destroy(txn);
        return;
    }
    ovsdb_idl_txn_add_comment(txn, "ovnic-gw %s: %s", o->chassis, t->what);
    o->tasks.txn = txn;
    o->tasks.current = t;
    finish(o);
}

void tasks_run(struct ovsdb *o)
{
    if (o->tasks.txn) {
        finish(o);
    }
    if (!session_connected(&o->sb)) {
        return;
    }
    for (int i = 0; i < N_TASKS && !o->tasks.txn; i++) {
        if (is_due(o, &o->tasks.task[i], time_msec())) {
            start(o, &o->tasks.task[i]);
        }
    }
}

void tasks_wait(const struct ovsdb *o)
{
    if (o->tasks.txn) {
        ovsdb_idl_txn_wait(o->tasks.txn);
        return;
    }
    if (!session_connected(&o->sb)) {
        return;
    }
    for (int i = 0; i < N_TASKS; i++) {
        const struct task *t = &o->tasks.task[i];
        if ((i == TASK_WITHDRAW) != o->withdrawing) {
            continue;
        }
        if (has_news(o, t)) {
            poll_timer_wait_until(t->not_before);
        } else if (t->wake_at != LLONG_MAX) {
            poll_timer_wait_until(MAX(t->wake_at, t->not_before));
        }
    }
}
