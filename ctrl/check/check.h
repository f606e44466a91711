/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CHECK_H
#define ICGW_CHECK_H

/* Examines the host: is it fit for the configuration?  Reads files below a root
 * folder only, so that a test gives its own /sys and /proc; changes nothing.
 * No state. */

#include <stdbool.h>
#include <stddef.h>

struct icgw_config;
struct json;

/* {"checks": [{"check", "verdict": "ok" | "advice" | "must_change", "found",
 *  "why", "command"}], "fit": bool}; "why" and "command" are "" with "ok". */
struct json *check_host(const char *root, const struct icgw_config *);

/* --- for the files of this folder */

struct check {
    const char *root;
    const struct icgw_config *config;
    struct json *checks;
};

enum check_verdict { CHECK_OK, CHECK_ADVICE, CHECK_MUST_CHANGE };

/* All but the verdict and `name`: printf-like texts that are freed; NULL: "". */
void check_add(struct check *, const char *name, enum check_verdict, char *found, char *why,
               char *command);

void check_memory(struct check *);
void check_cpus(struct check *);
void check_devices(struct check *);
void check_kernel(struct check *);

/* First line of a file below the root, without the line end, malloc'ed; NULL:
 * it cannot be read. */
char *check_read(const struct check *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same as a number; -1: none. */
long long check_number(const struct check *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Last part of what a symbolic link leads to, malloc'ed; NULL: no link. */
char *check_link(const struct check *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "…[chosen]…" of files of the kernel that offer choices; malloc'ed, or NULL. */
char *check_choice(const char *text);

/* CPUs of a list as the kernel writes it ("2-3,8"); what is beyond the set is
 * left out.  False: no such list. */
#define CHECK_MAX_CPUS 1024
struct check_cpus {
    unsigned char has[CHECK_MAX_CPUS];
};
bool check_cpu_list(const char *text, struct check_cpus *);

#endif
