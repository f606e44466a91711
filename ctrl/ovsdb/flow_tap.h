/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_FLOW_TAP_H
#define ICGW_OVSDB_FLOW_TAP_H

/* Takes the rows of Logical_Flow out of what a session receives, before its replica sees
 * them.  The library has no calls for that: the linker puts ours (-Wl,--wrap) between its
 * replica (ovsdb-idl.c) and its connection (ovsdb-cs.c), and between its messages
 * (jsonrpc.c) and the stream that they come by, whose headers are what we build on.
 * Monitor, conditions and reconnecting stay the library's. */

struct flows;
struct session;

/* session_run(), with the flows put into *flows.  Always from the same thread. */
void flow_tap_run(struct session *, struct flows *);

#endif
