/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

#define SNAPLEN 2048 /* all of a frame on an ordinary underlay */
#define MIN_SNAPLEN 64
#define MAX_SNAPLEN 16384
/* Outer headers and the inner ones as far as TCP's options. */
#define LIVE_SNAPLEN 256

struct arguments {
    int argc;
    const char **argv;
    int at;
    char **error;
};

static bool refuse(struct arguments *a, char *why)
{
    *a->error = why;
    return false;
}

/* The value behind the option at hand. */
static bool take_value(struct arguments *a, const char **value)
{
    if (a->at + 1 >= a->argc) {
        return refuse(a, xasprintf("%s takes a value", a->argv[a->at]));
    }
    *value = a->argv[++a->at];
    return true;
}

static bool take_number(struct arguments *a, unsigned int min, unsigned int max, unsigned int *n)
{
    const char *option = a->argv[a->at], *text;
    if (!take_value(a, &text)) {
        return false;
    }
    if (!str_to_uint(text, 10, n) || *n < min || *n > max) {
        return refuse(a,
                      xasprintf("%s %s: a number from %u to %u is needed", option, text, min, max));
    }
    return true;
}

static bool is(const struct arguments *a, const char *option)
{
    return strcmp(a->argv[a->at], option) == 0;
}

/* What both commands have.  *known: it was one of these. */
static bool take_common(struct arguments *a, struct capture_options *o, unsigned int max_count,
                        unsigned int max_seconds, bool *known)
{
    unsigned int n;
    *known = true;
    if (is(a, "--json") || is(a, "-j")) {
        o->json = true;
    } else if (is(a, "--colour")) {
        /* on a terminal; there are no colours here */
    } else if (is(a, "--filter")) {
        return take_value(a, &o->filter);
    } else if (is(a, "-n") || is(a, "--count")) {
        if (!take_number(a, 1, max_count, &n)) {
            return false;
        }
        o->count = n;
    } else if (is(a, "--seconds")) {
        return take_number(a, 1, max_seconds, &o->seconds);
    } else {
        *known = false;
    }
    return true;
}

static bool take_capture(struct arguments *a, struct capture_options *o)
{
    if (is(a, "--size")) {
        return take_number(a, 1, CAPTURE_MAX_MIB, &o->mib);
    }
    if (is(a, "--snaplen")) {
        return take_number(a, MIN_SNAPLEN, MAX_SNAPLEN, &o->snaplen);
    }
    if (is(a, "--rx")) {
        o->rx = true;
    } else if (is(a, "--tx")) {
        o->tx = true;
    } else if (is(a, "--drops")) {
        o->drops = true;
    } else if (is(a, "--stop")) {
        o->stop = true;
    } else if (a->argv[a->at][0] == '-' || o->file != NULL) {
        return refuse(
            a, xasprintf("%s is not understood; usage: capture %s", a->argv[a->at], CAPTURE_USAGE));
    } else {
        o->file = a->argv[a->at];
    }
    return true;
}

static bool check_file(struct arguments *a, const struct capture_options *o)
{
    if (o->stop) {
        return true;
    }
    if (o->file == NULL) {
        return refuse(a, xasprintf("which file? usage: capture %s", CAPTURE_USAGE));
    }
    if (o->file[0] != '/' && strchr(o->file, '/') != NULL) {
        return refuse(a, xasprintf("%s: an absolute path is needed, or a name without /, which "
                                   "goes to the daemon's log folder",
                                   o->file));
    }
    return true;
}

bool capture_options_parse(int argc, const char *argv[], struct capture_options *o, char **error)
{
    struct arguments a = {argc, argv, 1, error};
    *o = (struct capture_options){.count = 10000, .seconds = 60, .mib = 64, .snaplen = SNAPLEN};
    for (; a.at < argc; a.at++) {
        bool known;
        if (!take_common(&a, o, CAPTURE_MAX_COUNT, CAPTURE_MAX_SECONDS, &known) ||
            (!known && !take_capture(&a, o))) {
            return false;
        }
    }
    if (!o->rx && !o->tx && !o->drops) {
        o->rx = o->tx = o->drops = true;
    }
    return check_file(&a, o);
}

bool live_options_parse(int argc, const char *argv[], struct capture_options *o, char **error)
{
    struct arguments a = {argc, argv, 1, error};
    *o = (struct capture_options){
        .count = 10, .seconds = 10, .snaplen = LIVE_SNAPLEN, .rx = true, .tx = true, .drops = true};
    for (; a.at < argc; a.at++) {
        bool known;
        if (is(&a, "--live")) {
            continue;
        }
        if (is(&a, "--stream")) { /* by ovnic-gw-ctl */
            o->stream = true;
            continue;
        }
        if (!take_common(&a, o, LIVE_MAX_COUNT, LIVE_MAX_SECONDS, &known)) {
            return false;
        }
        if (!known && (argv[a.at][0] == '-' || o->filter != NULL)) {
            return refuse(&a, xasprintf("%s is not understood; usage: trace %s (a filter of "
                                        "several words in quotes)",
                                        argv[a.at], LIVE_USAGE));
        }
        if (!known) {
            o->filter = argv[a.at];
        }
    }
    return true;
}
