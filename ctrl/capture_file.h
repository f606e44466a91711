/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CAPTURE_FILE_H
#define ICGW_CAPTURE_FILE_H

/* `capture`: what workers receive, send and drop, into a pcapng file.
 *
 * A thread of its own reads the workers' records and writes the file, since a disk
 * may keep a writer waiting; the control thread begins and ends it.  All functions:
 * control thread. */

#include <stdbool.h>

#include "options.h"

struct gateway;
struct json;

/* How it went. */
struct capture_outcome {
    unsigned long long packets;
    unsigned long long bytes;
    unsigned long long missed;
    const char *ended_by;
    char *path;  /* malloc'ed */
    char *error; /* malloc'ed; NULL: the file is complete */
};

/* Creates the file and begins.  False, with *error (malloc'ed): nothing has been
 * changed.  The options' strings need not outlive the call. */
bool capture_file_start(const struct gateway *, const struct capture_options *, char **error);
bool capture_file_running(void);
/* Asks the one that runs to end soon. */
void capture_file_stop(const char *why);
/* Ends what icgw_pmd_capture_start() began, for whoever did, and frees its filter (may
 * be NULL); both are left alone if a worker may still look. */
struct filter;
void capture_file_free(struct filter **);
/* True once after the end, with *outcome. */
bool capture_file_run(struct capture_outcome *);
/* Arranges for poll_block() to wake up for the next capture_file_run(). */
void capture_file_wait(void);

#endif
