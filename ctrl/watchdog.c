/* SPDX-License-Identifier: Apache-2.0 */
#include "watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct watchdog {
    int64_t limit_ms;
    void (*say)(bool stuck, int64_t ms);
    /* When the turn began, ms; 0: asleep.  Control thread: wo, watchdog: ro. */
    _Atomic int64_t busy_since;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool ending; /* under the mutex */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void watchdog_busy(struct watchdog *w)
{
    atomic_store_explicit(&w->busy_since, now_ms(), memory_order_relaxed);
}

void watchdog_idle(struct watchdog *w)
{
    atomic_store_explicit(&w->busy_since, 0, memory_order_relaxed);
}

/* False: it is time to end. */
static bool sleep_ms(struct watchdog *w, int64_t ms)
{
    int64_t until = now_ms() + ms;
    struct timespec t = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
    pthread_mutex_lock(&w->mutex);
    while (!w->ending && pthread_cond_timedwait(&w->cond, &w->mutex, &t) == 0) {
    }
    bool go_on = !w->ending;
    pthread_mutex_unlock(&w->mutex);
    return go_on;
}

static void *watch(void *w_)
{
    struct watchdog *w = w_;
    int64_t stuck_since = 0; /* the turn that has been reported; 0: none */
    while (sleep_ms(w, w->limit_ms / 4)) {
        int64_t since = atomic_load_explicit(&w->busy_since, memory_order_relaxed);
        int64_t now = now_ms();
        if (stuck_since != 0 && since != stuck_since) {
            w->say(false, now - stuck_since);
            stuck_since = 0;
        }
        if (stuck_since == 0 && since != 0 && now - since >= w->limit_ms) {
            w->say(true, now - since);
            stuck_since = since;
        }
    }
    return NULL;
}

struct watchdog *watchdog_create(int64_t limit_ms, void (*say)(bool stuck, int64_t ms))
{
    pthread_condattr_t attr;
    struct watchdog *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    w->limit_ms = limit_ms;
    w->say = say;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->cond, &attr);
    pthread_condattr_destroy(&attr);
    int error = pthread_create(&w->thread, NULL, watch, w);
    if (error != 0) {
        pthread_cond_destroy(&w->cond);
        pthread_mutex_destroy(&w->mutex);
        free(w);
        errno = error;
        return NULL;
    }
    return w;
}

void watchdog_destroy(struct watchdog *w)
{
    pthread_mutex_lock(&w->mutex);
    w->ending = true;
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->cond);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}
