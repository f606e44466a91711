/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "live.h"

#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "openvswitch/json.h"
#include "util.h"
#include "view.h"

/* What an answer is part of; 0: it was the last one. */
static long long print_part(const char *text)
{
    struct json *json = json_from_string(text);
    const struct json *session = view_get(json, "session");
    long long next = session != NULL && session->type == JSON_INTEGER ? json_integer(session) : 0;
    fputs(view_string(json, "text"), stdout);
    json_destroy(json);
    return next;
}

int live_trace(const char *target, struct json *args)
{
    const char *command = "trace";
    for (;;) {
        bool refused;
        char *text = client_ask(target, command, args, &refused);
        if (refused) {
            fprintf(stderr, "ovnic-gw-ctl: trace: %s\n", text);
            free(text);
            return EXIT_REFUSED;
        }
        long long session = print_part(text);
        free(text);
        if (fflush(stdout) != 0) { /* whoever read this has gone; the daemon notices */
            return EXIT_FAILURE;
        }
        if (session == 0) {
            return EXIT_SUCCESS;
        }
        command = "trace/live-next";
        args = json_array_create_1(json_string_create_nocopy(xasprintf("%lld", session)));
    }
}
