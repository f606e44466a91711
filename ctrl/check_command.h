/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CHECK_COMMAND_H
#define ICGW_CHECK_COMMAND_H

#include <stdbool.h>

/* `ovnic-gw --check`: prints what the host lacks for the configuration; path
 * NULL: for the defaults, without ports.  Returns the exit status: 0, 1 when the
 * configuration is bad or something must change. */
int check_command(const char *path, bool json);

#endif
