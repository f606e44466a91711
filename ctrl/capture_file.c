/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "dirs.h"
#include "filter.h"
#include "gateway.h"
#include "icgw_capture.h"
#include "icgw_pmd.h"
#include "latch.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "pcapng.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(capture);

/* The thread looks at `ending` at least that often. */
#define POLL_MS 50
#define NS 1000000000ull

static struct {
    bool running; /* control thread, like all up to the thread */
    bool ending;  /* workers have been told */
    long long int deadline;
    const char *ended_by;
    struct filter *filter;
    char *path;
    pthread_t thread;
    /* Constant while the thread runs. */
    FILE *file;
    uint16_t n_ports;
    uint64_t count;
    uint64_t max_bytes;
    bool drops_only;
    /* The thread's, read after it has ended. */
    uint64_t packets;
    uint64_t bytes;
    int error;         /* errno; 0: none */
    struct latch news; /* thread sets, control thread polls: enough, or the end */
    atomic_bool enough;
    atomic_bool finished;
    atomic_bool end; /* control thread sets, thread reads: no more records come */
} capture;

/* TSC to nanoseconds since 1970, by how long ago it was. */
static uint64_t wall_clock(uint64_t tsc)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t now = (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
    double ago = (double)(int64_t)(rte_rdtsc() - tsc) / (double)rte_get_tsc_hz();
    return now - (uint64_t)(ago > 0 ? ago * (double)NS : 0);
}

static void describe(const struct icgw_capture_record *r, char *text, size_t size)
{
    text[0] = '\0';
    if (r->point == ICGW_CAPTURE_DROP) {
        snprintf(text, size, "dropped: %s%s%s", icgw_drop_name(r->reason),
                 r->flow[0] ? ", by flow " : "", r->flow);
    } else if (r->point == ICGW_CAPTURE_RX) {
        switch (r->action) {
        case ICGW_ACTION_DROP:
            snprintf(text, size, "dropped: %s", icgw_drop_name(r->reason));
            break;
        case ICGW_ACTION_SLOW:
            snprintf(text, size, "slow path: %s", icgw_slow_name(r->reason));
            break;
        case ICGW_ACTION_HOST:
            snprintf(text, size, "to the host interface");
            break;
        case ICGW_ACTION_BFD:
            snprintf(text, size, "to the BFD thread");
            break;
        default:
            break;
        }
    }
}

static bool write_record(const struct icgw_capture_record *r)
{
    char comment[128];
    describe(r, comment, sizeof comment);
    struct pcapng_packet p = {
        /* The last interface is the control thread. */
        .interface = MIN(r->port, capture.n_ports),
        .ns = wall_clock(r->tsc),
        .data = r->data,
        .len = r->len,
        .pkt_len = r->pkt_len,
        .outbound = r->point == ICGW_CAPTURE_TX,
        .id = r->id != 0 ? (uint64_t)(r->lane + 1) << 48 | r->id : 0,
        .comment = comment,
    };
    capture.packets++;
    capture.bytes += r->len + 80u; /* block and options, about */
    return pcapng_packet(capture.file, &p);
}

static void say_enough(void)
{
    atomic_store(&capture.enough, true);
    latch_set(&capture.news);
}

/* Until there is nothing to read. */
static void drain(void)
{
    struct icgw_capture_record *r;
    while ((r = icgw_pmd_capture_next()) != NULL) {
        if (!atomic_load(&capture.enough)) {
            if (!write_record(r)) {
                capture.error = errno;
                say_enough();
            } else if (capture.packets >= capture.count || capture.bytes >= capture.max_bytes) {
                say_enough();
            }
        }
        icgw_pmd_capture_give_back(r);
    }
}

static void finish_file(void)
{
    bool ok = capture.error == 0;
    uint64_t missed = icgw_pmd_capture_missed();
    if (ok) {
        ok = pcapng_statistics(capture.file, 0, wall_clock(rte_rdtsc()), missed);
    }
    if (fclose(capture.file) != 0 || !ok) {
        capture.error = capture.error != 0 ? capture.error : errno;
    }
}

static void *write_file(void *unused)
{
    struct pollfd p = {.fd = icgw_pmd_capture_fd(), .events = POLLIN};
    bool last = false;
    prctl(PR_SET_NAME, "capture");
    while (!last) {
        last = atomic_load(&capture.end); /* before the last look */
        drain();
        fflush(capture.file); /* an error shows at the end */
        if (!last) {
            poll(&p, 1, POLL_MS);
        }
    }
    finish_file();
    atomic_store(&capture.finished, true);
    latch_set(&capture.news);
    return unused;
}

/* A file that exists, a link, is somebody's: it stays as it is. */
static FILE *create(const char *path, char **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        *error =
            xasprintf("cannot create %s: %s", path,
                      errno == EEXIST ? "it exists, and is not overwritten" : ovs_strerror(errno));
        return NULL;
    }
    return fdopen(fd, "wb");
}

static bool write_heads(const struct capture_options *o)
{
    bool ok = pcapng_begin(capture.file, "ovnic-gw " ICGW_VERSION);
    for (uint16_t i = 0; i < capture.n_ports && ok; i++) {
        struct icgw_port_info info;
        icgw_pmd_port_info(i, &info);
        ok = pcapng_interface(capture.file, info.name, o->snaplen, o->filter);
    }
    return ok && pcapng_interface(capture.file, "control thread", o->snaplen, o->filter) &&
           fflush(capture.file) == 0;
}

void capture_file_free(struct filter **filter)
{
    if (icgw_pmd_capture_free()) {
        filter_free(*filter);
    } else {
        VLOG_WARN("a worker does not come round, status says which: "
                  "keeping the memory of the capture, which it may still look at");
    }
    *filter = NULL;
}

static bool begin(const struct capture_options *o, char **error)
{
    struct icgw_capture_config config = {
        .filter = filter_program(capture.filter),
        .points = (o->rx ? ICGW_CAPTURE_BIT(ICGW_CAPTURE_RX) : 0) |
                  (o->tx ? ICGW_CAPTURE_BIT(ICGW_CAPTURE_TX) : 0) |
                  (o->drops ? ICGW_CAPTURE_BIT(ICGW_CAPTURE_DROP) : 0),
        .snaplen = o->snaplen,
        .limit = o->count,
    };
    if (!icgw_pmd_capture_start(&config, error)) {
        return false;
    }
    latch_init(&capture.news);
    int rc = pthread_create(&capture.thread, NULL, write_file, NULL);
    if (rc != 0) {
        *error = xasprintf("cannot create a thread: %s", ovs_strerror(rc));
        latch_destroy(&capture.news);
        capture_file_free(&capture.filter);
        return false;
    }
    return true;
}

static void forget(void)
{
    filter_free(capture.filter);
    free(capture.path);
    memset(&capture, 0, sizeof capture);
}

bool capture_file_start(const struct gateway *gw, const struct capture_options *o, char **error)
{
    (void)gw;
    if (capture.running) {
        *error = xasprintf("a capture to %s is running; capture --stop ends it", capture.path);
        return false;
    }
    if (o->filter != NULL && (capture.filter = filter_compile(o->filter, error)) == NULL) {
        return false;
    }
    capture.n_ports = icgw_pmd_n_ports();
    capture.count = o->count;
    capture.max_bytes = (uint64_t)o->mib << 20;
    /* A service has a /tmp of its own and may write to few places: its log folder is
     * one where people find the file. */
    capture.path = o->file[0] == '/' ? xstrdup(o->file) : xasprintf("%s/%s", ovs_logdir(), o->file);
    capture.deadline = time_msec() + 1000ll * o->seconds;
    capture.ended_by = "time";
    capture.file = create(capture.path, error);
    if (capture.file == NULL) {
        forget();
        return false;
    }
    bool written = write_heads(o);
    if (!written) {
        *error = xasprintf("cannot write %s: %s", capture.path, ovs_strerror(errno));
    }
    if (!written || !begin(o, error)) {
        fclose(capture.file);
        unlink(capture.path);
        forget();
        return false;
    }
    capture.running = true;
    VLOG_INFO("capturing to %s, for %u s at most", capture.path, o->seconds);
    return true;
}

bool capture_file_running(void)
{
    return capture.running;
}

void capture_file_stop(const char *why)
{
    if (capture.running && !capture.ending) {
        capture.ending = true;
        capture.ended_by = why;
        icgw_pmd_capture_stop();
        atomic_store(&capture.end, true);
    }
}

bool capture_file_run(struct capture_outcome *outcome)
{
    if (!capture.running) {
        return false;
    }
    latch_poll(&capture.news);
    if (atomic_load(&capture.enough)) {
        capture_file_stop(capture.packets >= capture.count ? "count" : "size");
    } else if (time_msec() >= capture.deadline) {
        capture_file_stop("time");
    }
    if (!atomic_load(&capture.finished)) {
        return false;
    }
    pthread_join(capture.thread, NULL);
    *outcome = (struct capture_outcome){
        .packets = capture.packets,
        .bytes = capture.bytes,
        .missed = icgw_pmd_capture_missed(),
        .ended_by = capture.ended_by,
        .path = xstrdup(capture.path),
    };
    if (capture.error != 0) {
        outcome->error =
            xasprintf("cannot write %s: %s", capture.path, ovs_strerror(capture.error));
    }
    VLOG_INFO("captured %" PRIu64 " packets to %s", capture.packets, capture.path);
    capture_file_free(&capture.filter);
    latch_destroy(&capture.news);
    forget();
    return true;
}

void capture_file_wait(void)
{
    if (capture.running) {
        latch_wait(&capture.news);
        if (!capture.ending) {
            poll_timer_wait_until(capture.deadline);
        }
    }
}
