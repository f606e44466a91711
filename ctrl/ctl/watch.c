/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "text.h"
#include "util.h"

static struct json *ask(const char *target, char **text)
{
    bool refused;
    *text =
        client_ask(target, "stats", json_array_create_1(json_string_create("--json")), &refused);
    if (refused) {
        fprintf(stderr, "ovnic-gw-ctl: stats: %s\n", *text);
        exit(EXIT_REFUSED);
    }
    return json_from_string(*text);
}

static double now_seconds(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void put_rates(const struct json *before, const struct json *now, double seconds,
                      bool colour)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    text_rates(before, now, seconds, &ds, colour);
    /* On a terminal, each view takes the place of the one before. */
    printf("%s%s\n", colour ? "\033[H\033[2J" : "", ds_cstr(&ds));
    ds_destroy(&ds);
}

int watch_stats(const char *target, unsigned int seconds, bool json, bool colour)
{
    char *text;
    struct json *before = ask(target, &text);
    double at = now_seconds();
    for (;;) {
        if (json) {
            puts(text);
        }
        free(text);
        if (fflush(stdout) != 0) { /* whoever read this has gone */
            json_destroy(before);
            return EXIT_FAILURE;
        }
        sleep(seconds);
        struct json *now = ask(target, &text);
        double then = at;
        at = now_seconds();
        if (!json) {
            put_rates(before, now, MAX(at - then, 1e-3), colour);
        }
        json_destroy(before);
        before = now;
    }
}
