/* SPDX-License-Identifier: Apache-2.0 */

/* ovnic-gw-ctl: sends one command to a running ovnic-gw by its unixctl socket
 * and prints the answer.  The commands live in the daemon; this program knows
 * only what to say about them in its help. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

#define DEFAULT_TARGET "/run/ovnic-gw/ovnic-gw.ctl"

enum {
    EXIT_USAGE = 1,
    EXIT_UNREACHABLE = 1,
    EXIT_REFUSED = 2, /* the daemon answered with an error */
};

struct options {
    char *target; /* absolute */
    bool json;
    unsigned int timeout; /* seconds, 0: for ever */
};

static void usage(void)
{
    printf("Asks a running ovnic-gw, or tells it what to do.\n"
           "\n"
           "usage: ovnic-gw-ctl [OPTION]... COMMAND [ARGUMENT]...\n"
           "\n"
           "Commands:\n"
           "  version           version of the daemon and of Open vSwitch's library\n"
           "  status            connections to the databases, claimed ports, workers\n"
           "  show              what is forwarded: datapaths, destinations, next hops\n"
           "  stats             packets per worker, drops and slow path by reason\n"
           "  list-unsupported  destinations not on the fast path, and the flow that is why\n"
           "  bfd               sessions with hypervisors and fellow gateways\n"
           "  drain             leave the work to other gateways; status says how far it is\n"
           "  undrain           take part again\n"
           "  exit              drain, then end the daemon; its rows leave the Southbound\n"
           "  exit --restart    end the daemon; its rows stay for the next one\n"
           "  list-commands     everything else that the daemon understands\n"
           "\n"
           "Options:\n"
           "  -t, --target=PATH   unixctl socket of the daemon\n"
           "                      (default: " DEFAULT_TARGET ")\n"
           "  -j, --json          answer in JSON\n"
           "  -T, --timeout=SECS  give up after SECS seconds\n"
           "  -h, --help          this text\n"
           "  -V, --version       version of this program\n"
           "\n"
           "Exit status: 0, or 1 if the daemon was not reached, 2 if it refused the command.\n");
}

static void complain(const char *what)
{
    fprintf(stderr, "ovnic-gw-ctl: %s; ovnic-gw-ctl --help says more\n", what);
    exit(EXIT_USAGE);
}

static void parse_timeout(const char *arg, struct options *options)
{
    if (!str_to_uint(arg, 10, &options->timeout) || options->timeout == 0) {
        complain("--timeout takes a number of seconds, 1 or more");
    }
}

/* Stops at the command: what follows it is the daemon's to understand. */
static void parse_options(int argc, char *argv[], struct options *options)
{
    static const struct option long_options[] = {
        {"target", required_argument, NULL, 't'},  {"json", no_argument, NULL, 'j'},
        {"timeout", required_argument, NULL, 'T'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},       {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "+t:jT:hV", long_options, NULL)) != -1) {
        switch (c) {
        case 't':
            free(options->target);
            options->target = abs_file_name(NULL, optarg);
            break;
        case 'j':
            options->json = true;
            break;
        case 'T':
            parse_timeout(optarg, options);
            break;
        case 'h':
            usage();
            exit(EXIT_SUCCESS);
        case 'V':
            printf("ovnic-gw-ctl %s\n", ICGW_VERSION);
            exit(EXIT_SUCCESS);
        default:
            complain("bad option");
        }
    }
    if (optind >= argc) {
        complain("a command is missing");
    }
}

static struct jsonrpc *connect_to(const char *target)
{
    struct jsonrpc *client;
    int error = unixctl_client_create(target, &client);
    if (error == 0) {
        return client;
    }

    fprintf(stderr, "ovnic-gw-ctl: cannot reach ovnic-gw at %s: %s\n", target, ovs_strerror(error));
    if (error == EACCES || error == EPERM) {
        fprintf(stderr, "Run this as root, or as the user that ovnic-gw runs as.\n");
    } else {
        fprintf(stderr, "Is it running (systemctl status ovnic-gw)?"
                        " If it was started with --unixctl PATH, say -t PATH.\n");
    }
    exit(EXIT_UNREACHABLE);
}

/* Prints the answer and returns the exit status. */
static int print_answer(const char *command, const char *text, bool refused)
{
    size_t length = strlen(text);
    FILE *stream = refused ? stderr : stdout;

    if (refused) {
        fprintf(stderr, "ovnic-gw-ctl: %s: ", command);
    }
    fputs(text, stream);
    if (length > 0 && text[length - 1] != '\n') {
        putc('\n', stream);
    }
    if (fflush(stdout) != 0) {
        fprintf(stderr, "ovnic-gw-ctl: cannot write the answer: %s\n", ovs_strerror(errno));
        return EXIT_FAILURE;
    }
    return refused ? EXIT_REFUSED : EXIT_SUCCESS;
}

/* The text of an answer, for the caller to free. */
static char *text_of(const struct json *json)
{
    return json->type == JSON_STRING ? xstrdup(json_string(json)) : json_to_string(json, JSSF_SORT);
}

/* Commands that come with the library answer text only: {"COMMAND": "text"}. */
static bool is_text_command(const char *command)
{
    return !strcmp(command, "version") || !strcmp(command, "list-commands") ||
           !strncmp(command, "vlog/", 5) || !strncmp(command, "memory/", 7) ||
           !strncmp(command, "coverage/", 9);
}

static char *wrap_text(const char *command, char *text)
{
    struct json *json = json_object_create();
    json_object_put_string(json, command, text);
    free(text);
    text = json_to_string(json, 0);
    json_destroy(json);
    return text;
}

/* Sends the command and prints the answer; returns the exit status.  Speaks the
 * protocol itself: unixctl_client_transact() differs between releases. */
static int transact(const struct options *options, const char *command, struct json *args)
{
    struct jsonrpc *client = connect_to(options->target);
    struct jsonrpc_msg *reply;
    char *text;

    int failure =
        jsonrpc_transact_block(client, jsonrpc_create_request(command, args, NULL), &reply);
    jsonrpc_close(client);
    if (failure != 0) {
        fprintf(stderr, "ovnic-gw-ctl: %s: no answer from %s: %s\n", command, options->target,
                ovs_retval_to_string(failure));
        return EXIT_UNREACHABLE;
    }

    bool refused = reply->error != NULL;
    text = text_of(refused ? reply->error : reply->result);
    if (options->json && !refused && is_text_command(command)) {
        text = wrap_text(command, text);
    }
    jsonrpc_msg_destroy(reply);
    int status = print_answer(command, text, refused);
    free(text);
    return status;
}

int main(int argc, char *argv[])
{
    struct options options = {.target = xstrdup(DEFAULT_TARGET)};
    struct json *args = json_array_create_empty();
    int status;

    set_program_name(argv[0]);
    /* What went wrong is said here; the library's view of it is noise. */
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    parse_options(argc, argv, &options);
    ctl_timeout_setup(options.timeout);

    for (int i = optind + 1; i < argc; i++) {
        json_array_add(args, json_string_create(argv[i]));
    }
    if (options.json && !is_text_command(argv[optind])) {
        json_array_add(args, json_string_create("--json"));
    }
    status = transact(&options, argv[optind], args);
    free(options.target);
    return status;
}
