/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_TASKS_H
#define ICGW_OVSDB_TASKS_H

/* What we write to the Southbound, one transaction at a time.
 *
 * A task compares what should be there with the replica and writes the
 * difference, so it can be repeated at any time: after a failure, after a
 * reconnection, after somebody else has changed our rows.  Each has
 * transactions of its own, so that one which the server refuses holds up
 * none of the others. */

#include <stdbool.h>

struct ovsdb;
struct ovsdb_idl_txn;
struct task;

enum task_outcome {
    TASK_DONE,
    TASK_AGAIN, /* not committed, worth repeating */
    TASK_FAILED,
};

struct task {
    const char *what; /* for messages: "cannot ..." */
    /* Writes the difference.  False: there is none. */
    bool (*compose)(struct ovsdb *, struct task *, struct ovsdb_idl_txn *);
    void (*done)(struct ovsdb *, enum task_outcome); /* or NULL */
    long long min_interval;                          /* ms between two transactions */
    bool when_told; /* not for every change of the replica: somebody kicks it */

    unsigned int seqno;   /* of the replica that compose() has seen */
    bool pending;         /* run even if the replica has not changed */
    long long not_before; /* ms */
    long long wake_at;    /* ms; LLONG_MAX: none.  Set by compose(). */
    long long backoff;    /* ms, after a failure */
    bool reported;        /* people know that it fails */
};

enum { TASK_CHASSIS, TASK_CLAIMS, TASK_NB_CFG, TASK_LEARN, TASK_LEARN_FDB, TASK_WITHDRAW, N_TASKS };

struct tasks {
    struct task task[N_TASKS];
    struct task *current; /* whose transaction is under way */
    struct ovsdb_idl_txn *txn;
};

void tasks_init(struct ovsdb *);
void tasks_clear(struct ovsdb *);
void tasks_run(struct ovsdb *);
void tasks_wait(const struct ovsdb *);
/* Something other than the replica has changed. */
void tasks_kick(struct ovsdb *, int task);
void task_wake_at(struct task *, long long when);

#endif
