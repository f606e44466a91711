/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "check_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "icgw_config.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "text.h"
#include "view.h"

int check_command(const char *path, bool as_json)
{
    static const struct icgw_config plain = {
        .cores = 1, .idle_sleep = true, .huge_pages = true, .memory_mib = 256};
    struct icgw_config *config = NULL;
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *error = NULL;

    if (path != NULL && !icgw_config_load(path, &config, &error)) {
        fprintf(stderr, "%s\n", error ? error : "out of memory");
        free(error);
        return EXIT_FAILURE;
    }
    struct json *report = check_host("/", config ? config : &plain);
    const char *no_color = getenv("NO_COLOR");
    if (as_json) {
        json_to_ds(report, JSSF_SORT, &ds);
        ds_put_char(&ds, '\n');
    } else {
        text_check(report, &ds, isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0'));
    }
    fputs(ds_cstr(&ds), stdout);
    bool fit = view_bool(report, "fit");
    ds_destroy(&ds);
    json_destroy(report);
    icgw_config_free(config);
    return fflush(stdout) == 0 && fit ? EXIT_SUCCESS : EXIT_FAILURE;
}
