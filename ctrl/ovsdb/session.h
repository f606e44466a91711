/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_SESSION_H
#define ICGW_OVSDB_SESSION_H

/* A replica of one database, and what people are told about the connection. */

#include <stdbool.h>

struct ovsdb_idl;
struct ovsdb_idl_class;

struct session {
    const char *what; /* "Southbound", for messages; NULL: there are none */
    char *remote;
    struct ovsdb_idl *idl;
    bool was_connected;
    bool outage_said;
    long long down_since; /* ms, while not connected */
};

/* `everything`: monitors every table and column of the class: our schemas list only
 * what is used.  Otherwise the caller adds columns; it may still restrict rows before
 * the first session_run(). */
void session_open(struct session *, const char *what, const char *remote,
                  const struct ovsdb_idl_class *, bool everything);
/* Another server, or another list of servers. */
void session_set_remote(struct session *, const char *remote);
void session_close(struct session *);
void session_run(struct session *);
void session_wait(const struct session *);

bool session_is_open(const struct session *);
/* Connected, and the contents have been read. */
bool session_connected(const struct session *);
/* The contents have been read at least once; they may be old. */
bool session_has_data(const struct session *);
/* Not connected, and not just on the way from one server of a cluster to the next. */
bool session_is_away(const struct session *);
/* Changes when the contents change; 0 without data. */
unsigned int session_seqno(const struct session *);

#endif
