/* SPDX-License-Identifier: Apache-2.0 */

/* ovnic-gw-ctl: sends one command to a running ovnic-gw by its unixctl socket
 * and prints the answer.  The commands live in the daemon; this program knows
 * only what to say about them in its help, and how to watch. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "help.h"
#include "import_command.h"
#include "live.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"
#include "watch.h"

struct options {
    char *target; /* absolute */
    bool json;
    bool colour;
    unsigned int timeout; /* seconds, 0: for ever */
};

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
            help_print();
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

/* `COMMAND --help`, `help`, `help COMMAND`. */
static bool asks_for_help(int argc, char *argv[])
{
    bool help = !strcmp(argv[0], "help");
    const char *command = help ? (argc > 1 ? argv[1] : NULL) : argv[0];
    for (int i = 1; i < argc && !help; i++) {
        help = !strcmp(argv[i], "--help") || !strcmp(argv[i], "-h");
    }
    if (!help) {
        return false;
    }
    const struct help *found = command ? help_find(command) : NULL;
    if (found != NULL) {
        help_print_command(found);
    } else {
        help_print();
    }
    return true;
}

/* Commands that come with the library answer text only, and take no options of
 * ours. */
static bool is_library_command(const char *command)
{
    return !strcmp(command, "version") || !strcmp(command, "list-commands") ||
           strchr(command, '/') != NULL;
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

/* Whether the daemon does not know the command, by what its library says. */
static void say_suggestion(const struct options *options, const char *command, const char *error)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    bool refused;
    if (strstr(error, "is not a valid command") == NULL) {
        return;
    }
    for (size_t i = 0; help_at(i) != NULL; i++) {
        svec_add(&names, help_at(i)->name);
    }
    char *list = client_ask(options->target, "list-commands", json_array_create_empty(), &refused);
    char *save = NULL;
    for (char *line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *word = line + strspn(line, " ");
        word[strcspn(word, " \t")] = '\0';
        if (line != word) { /* the title is not indented */
            svec_add(&names, word);
        }
    }
    const char *meant = help_suggest(command, &names);
    if (meant != NULL) {
        fprintf(stderr, "Did you mean \"%s\"?\n", meant);
    }
    free(list);
    svec_destroy(&names);
}

/* Prints the answer and returns the exit status. */
static int print_answer(const struct options *options, const char *command, const char *text,
                        bool refused)
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
    if (refused) {
        say_suggestion(options, command, text);
    }
    return refused ? EXIT_REFUSED : EXIT_SUCCESS;
}

static int transact(const struct options *options, int argc, char *argv[])
{
    struct json *args = json_array_create_empty();
    const char *command = argv[0];
    bool library = is_library_command(command), refused;

    struct svec words = SVEC_EMPTY_INITIALIZER;
    for (int i = 1; i < argc; i++) {
        svec_add(&words, argv[i]);
    }
    packets_rewrite(command, &words);
    for (size_t i = 0; i < words.n; i++) {
        json_array_add(args, json_string_create(words.names[i]));
    }
    svec_destroy(&words);
    if (options->json && !library) {
        json_array_add(args, json_string_create("--json"));
    }
    if (options->colour && !options->json && help_find(command) != NULL && !library &&
        strcmp(command, "exit") != 0) {
        json_array_add(args, json_string_create("--colour"));
    }
    if (argc > 1 && !strcmp(command, "trace") && !strcmp(argv[1], "--live")) {
        json_array_add(args, json_string_create("--stream"));
        return live_trace(options->target, args);
    }
    char *text = client_ask(options->target, command, args, &refused);
    if (options->json && !refused && library) {
        text = wrap_text(command, text);
    }
    int status = print_answer(options, command, text, refused);
    free(text);
    return status;
}

static bool is_option(const char *arg, const char *name, char letter)
{
    return !strcmp(arg, name) || (letter && arg[0] == '-' && arg[1] == letter && arg[2] == '\0');
}

/* `stats --watch [SECONDS]`; -1: something else. */
static int run_watch(struct options *options, int argc, char *argv[])
{
    unsigned int seconds = 1;
    bool watch = false;
    for (int i = 1; i < argc && !strcmp(argv[0], "stats"); i++) {
        if (is_option(argv[i], "--watch", 'w')) {
            watch = true;
            if (i + 1 < argc && str_to_uint(argv[i + 1], 10, &seconds)) {
                i++;
            }
        } else if (is_option(argv[i], "--json", 'j')) {
            options->json = true;
        }
    }
    if (watch && (seconds == 0 || seconds > 86400)) {
        complain("--watch takes a number of seconds, 1 to 86400");
    }
    return watch ? watch_stats(options->target, seconds, options->json, options->colour) : -1;
}

int main(int argc, char *argv[])
{
    struct options options = {.target = xstrdup(CTL_DEFAULT_TARGET)};
    const char *no_color = getenv("NO_COLOR");

    set_program_name(argv[0]);
    /* What went wrong is said here; the library's view of it is noise. */
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    options.colour = isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
    parse_options(argc, argv, &options);
    ctl_timeout_setup(options.timeout);
    argc -= optind;
    argv += optind;

    int status;
    if (asks_for_help(argc, argv)) {
        status = EXIT_SUCCESS;
    } else if (!strcmp(argv[0], "import")) {
        status = import_command(argc, argv);
    } else {
        status = run_watch(&options, argc, argv);
        if (status < 0) {
            status = transact(&options, argc, argv);
        }
    }
    free(options.target);
    return status;
}
