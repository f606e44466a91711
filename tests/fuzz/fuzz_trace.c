/* SPDX-License-Identifier: Apache-2.0 */

/* Any text as the packet of a trace: an expression, or a frame in hexadecimal.
 *
 * It is traced or refused with a message.  Text and JSON of the trace are made, and
 * tables and flows have to agree. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "lflow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "recording_replay.h"
#include "test_eal.h"
#include "trace.h"
#include "util.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM 4096 /* bytes of an mbuf: as a gateway's, longer frames find none */

static struct rte_mempool *pool;
static struct replay replay;
static struct trace_world world;

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static struct rte_mbuf *alloc(const void *data, uint16_t len)
{
    return test_mbuf(pool, data, len);
}

static const char *port_name(uint16_t port)
{
    require(port == 0, "port 0 is the only one");
    return "uplink";
}

/* LeakSanitizer does not see what only DPDK's memory points to. */
static void free_tables(void)
{
    replay_stop(&replay);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    require(test_eal_init() >= 0, "no EAL");
    pool = rte_pktmbuf_pool_create("fuzz", 63, 0, 0, ROOM, SOCKET_ID_ANY);
    require(pool != NULL, "no mbufs");
    replay_start(&replay, "ovn-26.03", 1);
    world = (struct trace_world){replay.model, replay.specialised, replay.specialised->tables,
                                 alloc, port_name};
    require(atexit(free_tables) == 0, "tables would be left");
    return 0;
}

static void show(const struct trace *t)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    trace_text(t, true, &ds);
    ds_destroy(&ds);
    json_destroy(trace_json(t, true));
    require(t->agree, "tables and flows disagree");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *)data, size);
    char *notes = NULL, *error = NULL;
    size_t len;
    uint8_t *frame = trace_hex(text, &len);
    struct trace *t = frame != NULL ? trace_frame(&world, frame, len, &error)
                                    : trace_microflow(&world, text, 0, &notes, &error);
    require((t == NULL) == (error != NULL), "refused without a message, or both");
    if (t != NULL) {
        show(t);
        trace_free(t);
    }
    free(frame);
    free(text);
    free(notes);
    free(error);
    require(rte_mempool_full(pool), "an mbuf has leaked");
    return 0;
}
