/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pmd.h"

bool pmd_fail(char **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (vasprintf(error, format, args) < 0) {
        *error = NULL; /* out of memory: the caller still gets false */
    }
    va_end(args);
    return false;
}
