/* SPDX-License-Identifier: Apache-2.0 */

/* The daemon: options, signals, the main loop. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_command.h"
#include "commands.h"
#include "daemon.h"
#include "gateway.h"
#include "gateway_state.h"
#include "icgw_config.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb.h"
#include "reload.h"
#include "service.h"
#include "signals.h"
#include "timeline.h"
#include "timeval.h"
#include "tls.h"
#include "unixctl.h"
#include "util.h"
#include "watchdog.h"

VLOG_DEFINE_THIS_MODULE(main);

#define RUN_DIR "/run/ovnic-gw"
#define LOG_DIR "/var/log/ovnic-gw"
#define DEFAULT_UNIXCTL RUN_DIR "/ovnic-gw.ctl"

/* A turn of the main loop that is worth a line in the log. */
#define STUCK_MS 3000

/* Longest wait for others to take over and for packets to stay away. */
#define HAND_OVER_MS 10000

/* Longest wait for the Southbound to take our rows out. */
#define WITHDRAW_MS 5000

struct options {
    const char *config;
    char *unixctl;
    bool check_only;
    bool check_host;
    bool json;
};

static void usage(void)
{
    printf("ovnic-gw: OVN interconnection gateway on DPDK\n"
           "usage: ovnic-gw --config FILE [OPTION]...\n"
           "\n"
           "  --config FILE        configuration; ovnic-gw.conf explains every key\n"
           "  --check-config       only check the configuration; exit status 0 or 1\n"
           "  --check              examine the host: hugepages, cores, devices, kernel settings;\n"
           "                       exit status 1 if something must change; --json: in JSON\n"
           "  --unixctl PATH       control socket (default: " DEFAULT_UNIXCTL ")\n"
           "  -h, --help           this text\n"
           "  -V, --version        version\n");
    daemon_usage();
    vlog_usage();
}

static void parse_options(int argc, char *argv[], struct options *options)
{
    enum {
        OPT_CONFIG = UCHAR_MAX + 1,
        OPT_CHECK_CONFIG,
        OPT_CHECK,
        OPT_JSON,
        OPT_UNIXCTL,
        VLOG_OPTION_ENUMS,
        DAEMON_OPTION_ENUMS,
    };
    static const struct option long_options[] = {
        {"config", required_argument, NULL, OPT_CONFIG},
        {"check-config", no_argument, NULL, OPT_CHECK_CONFIG},
        {"check", no_argument, NULL, OPT_CHECK},
        {"json", no_argument, NULL, OPT_JSON},
        {"unixctl", required_argument, NULL, OPT_UNIXCTL},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        VLOG_LONG_OPTIONS,
        DAEMON_LONG_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "hVv::", long_options, NULL)) != -1) {
        switch (c) {
        case OPT_CONFIG:
            options->config = optarg;
            break;
        case OPT_CHECK_CONFIG:
            options->check_only = true;
            break;
        case OPT_CHECK:
            options->check_host = true;
            break;
        case OPT_JSON:
            options->json = true;
            break;
        case OPT_UNIXCTL:
            options->unixctl = optarg;
            break;
        case 'h':
            usage();
            exit(EXIT_SUCCESS);
        case 'V':
            printf("ovnic-gw %s\n", ICGW_VERSION);
            exit(EXIT_SUCCESS);
            VLOG_OPTION_HANDLERS
            DAEMON_OPTION_HANDLERS
        default:
            exit(EXIT_FAILURE);
        }
    }
    if ((options->config == NULL && !options->check_host) || optind < argc) {
        fprintf(stderr, "ovnic-gw: %s; ovnic-gw --help says more\n",
                optind < argc ? "no arguments are taken beside options"
                              : "--config FILE is required");
        exit(EXIT_FAILURE);
    }
}

static struct icgw_config *load_config(const char *path)
{
    struct icgw_config *config;
    char *error;
    if (!icgw_config_load(path, &config, &error)) {
        fprintf(stderr, "%s\n", error ? error : "out of memory");
        exit(EXIT_FAILURE);
    }
    return config;
}

/* Where pidfile, log and socket go by default, unless the environment says.  The
 * folders are made when an option without a path needs them; a failure shows
 * when the file is. */
static void choose_directories(int argc, char *argv[])
{
    setenv("OVS_RUNDIR", RUN_DIR, 0);
    setenv("OVS_LOGDIR", LOG_DIR, 0);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--pidfile")) {
            mkdir(RUN_DIR, 0755);
        } else if (!strcmp(argv[i], "--log-file")) {
            mkdir(LOG_DIR, 0755);
        }
    }
}

/* Beside the control socket: a folder of this daemon's that is empty after the
 * machine has started. */
static char *state_path(const char *unixctl)
{
    return xasprintf("%s.state", unixctl ? unixctl : DEFAULT_UNIXCTL);
}

static struct unixctl_server *open_unixctl(const char *path)
{
    struct unixctl_server *server;
    if (path == NULL) {
        path = DEFAULT_UNIXCTL;
        mkdir(RUN_DIR, 0755); /* a failure shows when the socket is made */
    }
    if (unixctl_server_create(path, &server) != 0) {
        exit(EXIT_FAILURE); /* the library has said why */
    }
    return server;
}

/* The way out: hand over, forward until nothing arrives, take our rows out. */
struct leaving {
    enum { STAYING, HANDING_OVER, WITHDRAWING } phase;
    long long int deadline;
};

/* False: the end. */
static bool leave(struct leaving *l, struct gateway *gw)
{
    long long int now = time_msec();
    if (l->phase == STAYING) {
        service_stopping();
        gateway_drain(gw, DRAIN_EXIT, true);
        *l = (struct leaving){HANDING_OVER, now + HAND_OVER_MS};
    }
    if (l->phase == HANDING_OVER && (drain_finished(&gw->drain) || now >= l->deadline)) {
        if (!drain_finished(&gw->drain)) {
            TIMELINE_WARN("packets still arrive, or nobody has taken over, after %d s: leaving",
                          HAND_OVER_MS / 1000);
        }
        ovsdb_withdraw(gw->ovsdb);
        *l = (struct leaving){WITHDRAWING, now + WITHDRAW_MS};
    }
    if (l->phase == WITHDRAWING && !ovsdb_withdrawn(gw->ovsdb) && now >= l->deadline) {
        TIMELINE_WARN("the Southbound did not take our rows out within %d s: they stay",
                      WITHDRAW_MS / 1000);
        return false;
    }
    return l->phase != WITHDRAWING || !ovsdb_withdrawn(gw->ovsdb);
}

static void say_stuck(bool stuck, int64_t ms)
{
    if (stuck) {
        TIMELINE_WARN("the control thread has been busy for %" PRId64
                      " ms: elections and new tables "
                      "wait for it; workers and BFD go on",
                      ms);
    } else {
        TIMELINE_WARN("the control thread is back after %" PRId64 " ms", ms);
    }
}

static void take_signals(struct commands *commands)
{
    unsigned int events = signals_take();
    commands->exit |= (events & SIGNAL_EXIT) != 0;
    if (events & SIGNAL_RELOAD) {
        char *error = NULL; /* it is in the log */
        json_destroy(reload(commands->gateway, commands->config, commands->config_path, &error));
        free(error);
    }
}

static void serve(struct gateway *gw, struct commands *commands, struct unixctl_server *server,
                  struct watchdog *watchdog, const char *state)
{
    struct leaving leaving = {STAYING, LLONG_MAX};
    for (;;) {
        watchdog_busy(watchdog);
        gateway_run(gw);
        gateway_state_run(gw, state);
        unixctl_server_run(server);
        take_signals(commands);
        if (commands->exit && (commands->restart || !leave(&leaving, gw))) {
            return;
        }
        gateway_wait(gw);
        unixctl_server_wait(server);
        poll_fd_wait(signals_fd(), POLLIN);
        if (leaving.phase != STAYING) {
            poll_timer_wait_until(leaving.deadline);
        }
        service_alive();
        watchdog_idle(watchdog);
        poll_block();
    }
}

int main(int argc, char *argv[])
{
    struct options options = {.config = NULL};
    struct commands commands = {.exit = false};
    struct gateway gw;
    char *error = NULL;

    choose_directories(argc, argv);
    ovs_set_program_name("ovnic-gw", ICGW_VERSION);
    parse_options(argc, argv, &options);
    if (options.check_host) {
        return check_command(options.config, options.json);
    }
    struct icgw_config *config = load_config(options.config);
    if (options.check_only) {
        printf("%s: good\n", options.config);
        icgw_config_free(config);
        return EXIT_SUCCESS;
    }
    /* Paths on the command line are relative to where the command was given,
     * not to where a daemon runs. */
    char *config_path = abs_file_name(NULL, options.config);
    char *unixctl = options.unixctl ? abs_file_name(NULL, options.unixctl) : NULL;

    signals_catch();
    daemonize_start(ICGW_DAEMONIZE_ARGS);
    commands.gateway = &gw;
    commands.config = config;
    commands.config_path = config_path;
    commands_register(&commands);
    struct unixctl_server *server = open_unixctl(unixctl);
    tls_use(config);
    if (!gateway_start(&gw, config, &error)) {
        ovs_fatal(0, "%s", error ? error : "out of memory");
    }
    char *state = state_path(unixctl);
    gateway_load_state(&gw, state);
    daemonize_complete();
    TIMELINE_INFO("chassis %s is up, %zu port(s), %u worker(s)", config->chassis, config->n_ports,
                  config->cores);
    service_ready("taking part in elections; ovnic-gw-ctl status says more");

    struct watchdog *watchdog = watchdog_create(STUCK_MS, say_stuck);
    if (watchdog == NULL) {
        ovs_fatal(errno, "cannot create a thread");
    }
    serve(&gw, &commands, server, watchdog, state);
    watchdog_destroy(watchdog);
    if (commands.restart) {
        gateway_state_save(&gw, state);
    } else {
        unlink(state); /* our rows are gone from the Southbound */
    }
    gateway_stop(&gw);
    unixctl_server_destroy(server);
    free(state);
    free(unixctl);
    free(config_path);
    icgw_config_free(config);
    return EXIT_SUCCESS;
}
