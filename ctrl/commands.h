/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_COMMANDS_H
#define ICGW_COMMANDS_H

/* What `ovnic-gw-ctl` asks.  Control thread only. */

#include <stdbool.h>

struct gateway;
struct icgw_config;

struct commands {
    struct gateway *gateway;
    struct icgw_config *config; /* that the gateway goes by */
    const char *config_path;
    bool exit;    /* `exit` was asked for … */
    bool restart; /* … and the rows are to stay */
    bool withdrawn;
};

/* Registers the unixctl commands; *commands must outlive the server. */
void commands_register(struct commands *);

#endif
