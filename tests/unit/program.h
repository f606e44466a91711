/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TEST_PROGRAM_H
#define ICGW_TEST_PROGRAM_H

/* Runs one of our programs and reads what it prints. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

/* The shell's command exits with `status`; returns what it prints, errors included, as
 * far as 16 KiB go.  Static memory. */
static inline const char *run_program(const char *command, int status)
{
    static char printed[16384];
    char with_errors[1024];

    assert_true(snprintf(with_errors, sizeof with_errors, "{ %s; } 2>&1", command) <
                (int)sizeof with_errors);
    FILE *stream = popen(with_errors, "r");
    assert_non_null(stream);
    size_t n = fread(printed, 1, sizeof printed - 1, stream);
    printed[n] = '\0';
    int result = pclose(stream);
    if (!WIFEXITED(result) || WEXITSTATUS(result) != status) {
        fail_msg("%s: status %#x, expected to exit with %d: %s", command, (unsigned int)result,
                 status, printed);
    }
    return printed;
}

#endif
