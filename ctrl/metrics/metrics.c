/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

/* What clients may cost, however many there are and whatever they send. */
#define MAX_CONNECTIONS 16u
#define CONNECTION_TIMEOUT_S 10u
#define CONNECTION_MEMORY 32768u /* bytes; a request line and its headers */

/* A snapshot that is younger serves once more. */
#define FRESH_MS 1000
/* How long to wait for a new one; the control thread may be busy. */
#define PATIENCE_MS 1000

struct metrics {
    struct MHD_Daemon *daemon;
    int fd;                /* eventfd: HTTP thread writes, control thread reads */
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t arrived;
    struct metrics_snapshot snapshot;
    int64_t at;    /* ms; of the snapshot; 0: none yet */
    bool stopping; /* nobody is to wait any more */
    /* Control thread only: a snapshot that waits for the mutex. */
    struct metrics_snapshot pending;
};

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void free_snapshot(struct metrics_snapshot *s)
{
    free(s->open_metrics);
    free(s->plain);
    *s = (struct metrics_snapshot){NULL, NULL};
}

/* --- HTTP thread */

/* With the mutex held, which it gives away meanwhile. */
static void wait_for_fresh(struct metrics *m)
{
    int64_t before = m->at;
    struct timespec until;
    if (before != 0 && now_ms() - before < FRESH_MS) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    uint64_t one = 1;
    ssize_t ignored = write(m->fd, &one, sizeof one);
    (void)ignored; /* full: the control thread knows already */
    while (m->at == before && !m->stopping &&
           pthread_cond_timedwait(&m->arrived, &m->mutex, &until) != ETIMEDOUT) {
        continue;
    }
}

static struct MHD_Response *text_response(const char *text, enum MHD_ResponseMemoryMode mode)
{
    /* MHD takes a plain pointer, but changes nothing. */
    return MHD_create_response_from_buffer(strlen(text), CONST_CAST(char *, text), mode);
}

static enum MHD_Result reply(struct MHD_Connection *c, unsigned int status, const char *type,
                             struct MHD_Response *response)
{
    if (response == NULL) {
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    enum MHD_Result result = MHD_queue_response(c, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_error(struct MHD_Connection *c, unsigned int status, const char *text)
{
    return reply(c, status, "text/plain; charset=utf-8",
                 text_response(text, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result send_metrics(struct metrics *m, struct MHD_Connection *c)
{
    const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    bool open_metrics = accept != NULL && strstr(accept, "application/openmetrics-text") != NULL;

    pthread_mutex_lock(&m->mutex);
    wait_for_fresh(m);
    const char *text = open_metrics ? m->snapshot.open_metrics : m->snapshot.plain;
    struct MHD_Response *response =
        text != NULL ? text_response(text, MHD_RESPMEM_MUST_COPY) : NULL;
    pthread_mutex_unlock(&m->mutex);

    if (response == NULL) {
        return send_error(c, MHD_HTTP_SERVICE_UNAVAILABLE, "ovnic-gw is busy\n");
    }
    return reply(c, MHD_HTTP_OK,
                 open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                              : "text/plain; version=0.0.4; charset=utf-8",
                 response);
}

static enum MHD_Result handle(void *m, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    static int seen;
    (void)version;
    (void)data;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return send_error(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
    }
    if (*state == NULL) { /* headers only; a body may follow, which is refused */
        *state = &seen;
        return MHD_YES;
    }
    if (*size > 0) {
        return MHD_NO;
    }
    if (strcmp(url, "/metrics") != 0) {
        return send_error(c, MHD_HTTP_NOT_FOUND, "see /metrics\n");
    }
    return send_metrics(m, c);
}

/* --- control thread */

static struct MHD_Daemon *listen_at(struct metrics *m, const struct icgw_addr *addr, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool is_v4 = icgw_addr_is_v4(addr);
    memcpy(&v4.sin_addr, addr->bytes + 12, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, addr->bytes, sizeof v6.sin6_addr);
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | (is_v4 ? 0 : MHD_USE_IPv6), port, NULL,
        NULL, handle, m, MHD_OPTION_SOCK_ADDR, is_v4 ? (void *)&v4 : (void *)&v6,
        MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
}

static void close_mailbox(struct metrics *m)
{
    close(m->fd);
    pthread_cond_destroy(&m->arrived);
    pthread_mutex_destroy(&m->mutex);
    free_snapshot(&m->snapshot);
    free_snapshot(&m->pending);
    free(m);
}

struct metrics *metrics_start(const struct icgw_addr *addr, uint16_t port, char **error)
{
    struct metrics *m = xzalloc(sizeof *m);
    pthread_condattr_t attr;

    pthread_mutex_init(&m->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&m->arrived, &attr);
    pthread_condattr_destroy(&attr);
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    errno = 0;
    m->daemon = m->fd < 0 ? NULL : listen_at(m, addr, port);
    if (m->daemon == NULL) {
        *error = xasprintf("cannot listen for metrics at port %u: %s", port,
                           errno ? ovs_strerror(errno) : "no reason given");
        close_mailbox(m);
        return NULL;
    }
    return m;
}

void metrics_stop(struct metrics *m)
{
    if (m != NULL) {
        pthread_mutex_lock(&m->mutex); /* who holds it does not wait */
        m->stopping = true;
        pthread_cond_broadcast(&m->arrived);
        pthread_mutex_unlock(&m->mutex);
        MHD_stop_daemon(m->daemon);
        close_mailbox(m);
    }
}

int metrics_fd(const struct metrics *m)
{
    return m->fd;
}

/* A snapshot for which the mutex was not to be had is tried again by way of the
 * eventfd. */
static void ask_again(struct metrics *m)
{
    uint64_t one = 1;
    ssize_t ignored = write(m->fd, &one, sizeof one);
    (void)ignored;
}

static void hand_over(struct metrics *m)
{
    if (pthread_mutex_trylock(&m->mutex) != 0) {
        ask_again(m);
        return;
    }
    struct metrics_snapshot old = m->snapshot;
    m->snapshot = m->pending;
    m->at = now_ms();
    pthread_cond_broadcast(&m->arrived);
    pthread_mutex_unlock(&m->mutex);
    m->pending = old;
    free_snapshot(&m->pending);
}

bool metrics_wanted(struct metrics *m)
{
    uint64_t asked;
    if (read(m->fd, &asked, sizeof asked) != sizeof asked) {
        return false;
    }
    if (m->pending.plain != NULL) {
        hand_over(m);
        return false;
    }
    return true;
}

void metrics_put(struct metrics *m, const struct metrics_snapshot *snapshot)
{
    free_snapshot(&m->pending);
    m->pending = *snapshot;
    hand_over(m);
}
