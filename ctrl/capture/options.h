/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CAPTURE_OPTIONS_H
#define ICGW_CAPTURE_OPTIONS_H

/* Arguments of `capture` and `trace --live`. */

#include <stdbool.h>
#include <stdint.h>

struct capture_options {
    const char *file;   /* capture: absolute path, or a name in the log folder */
    const char *filter; /* NULL: everything */
    uint64_t count;     /* packets */
    unsigned int seconds;
    unsigned int mib; /* capture: size of the file */
    uint32_t snaplen;
    bool rx, tx, drops; /* none: all three */
    bool json;
    bool stream; /* live: the client asks again for what follows */
    bool stop;   /* ends the one that runs */
};

#define CAPTURE_USAGE                                                                              \
    "FILE [--filter F] [--count N] [--seconds S] [--size MIB] [--snaplen BYTES] "                  \
    "[--rx|--tx|--drops] | --stop"
#define LIVE_USAGE "--live [FILTER] [-n N] [--seconds S]"

#define CAPTURE_MAX_COUNT 10000000u
#define CAPTURE_MAX_SECONDS 3600u
#define CAPTURE_MAX_MIB 4096u
#define LIVE_MAX_COUNT 1000u
#define LIVE_MAX_SECONDS 300u

/* Strings point into argv.  False, with *error (malloc'ed): what is wrong. */
bool capture_options_parse(int argc, const char *argv[], struct capture_options *, char **error);
bool live_options_parse(int argc, const char *argv[], struct capture_options *, char **error);

#endif
