/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TEST_OVSDB_ZONE_H
#define ICGW_TEST_OVSDB_ZONE_H

/* Real databases in a folder of their own, and a gateway's sessions to them.
 * For test_ovsdb.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <config.h>

#include "lflow.h"
#include "model.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb.h"
#include "timeval.h"

#define DEADLINE_MS 60000 /* of what is sure to come */

enum database { SB, ICSB, N_DATABASES };

struct zone {
    char dir[64];
    pid_t server[N_DATABASES];
    struct ovsdb *o;
    struct lflow_cache *cache;
    const struct model *model; /* last one */
    unsigned int n_models;
};

static const char *const database_name[] = {"sb", "ic-sb"};
static const char *const database_tool[] = {"ovn-sbctl", "ovn-ic-sbctl"};

static inline bool is_installed(const char *program)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

/* The socket is there before anybody listens. */
static inline bool listens(const char *sock)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%.107s", sock);
    bool connected = fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof address);
    close(fd);
    return connected;
}

static inline void start_server(struct zone *z, enum database db)
{
    const char *name = database_name[db];
    char remote[160], file[128], log[128], sock[128];
    snprintf(sock, sizeof sock, "%s/%s.sock", z->dir, name);
    snprintf(remote, sizeof remote, "--remote=punix:%s", sock);
    snprintf(file, sizeof file, "%s/%s.db", z->dir, name);
    snprintf(log, sizeof log, "%s/%s.log", z->dir, name);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing behind */
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        execlp("ovsdb-server", "ovsdb-server", remote, "--no-chdir", "--unixctl=none", file, NULL);
        _exit(127);
    }
    z->server[db] = pid;
    for (int i = 0; i < DEADLINE_MS / 10 && !listens(sock); i++) {
        usleep(10000);
    }
    assert_true(listens(sock));
}

static inline void stop_server(struct zone *z, enum database db)
{
    if (z->server[db] > 0) {
        kill(z->server[db], SIGKILL);
        waitpid(z->server[db], NULL, 0);
        z->server[db] = 0;
        char sock[128];
        snprintf(sock, sizeof sock, "%s/%s.sock", z->dir, database_name[db]);
        unlink(sock);
    }
}

static inline void create_database(const struct zone *z, enum database db, const char *schema)
{
    char command[512];
    snprintf(command, sizeof command, "ovsdb-tool create %s/%s.db %s", z->dir, database_name[db],
             schema);
    assert_int_equal(system(command), 0);
}

/* Output of `ovn-sbctl COMMAND` or `ovn-ic-sbctl COMMAND`, without the final
 * newline.  Static memory. */
__attribute__((format(printf, 3, 4))) static inline const char *
ctl(const struct zone *z, enum database db, const char *format, ...)
{
    static char output[65536];
    char arguments[8192], command[9000];
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(command, sizeof command, "%s --no-leader-only --timeout=60 --db=unix:%s/%s.sock %s",
             database_tool[db], z->dir, database_name[db], arguments);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    size_t n = fread(output, 1, sizeof output - 1, f);
    output[n] = '\0';
    if (n && output[n - 1] == '\n') {
        output[n - 1] = '\0';
    }
    if (pclose(f)) {
        fail_msg("failed: %.300s", command);
    }
    return output;
}

static inline void gateway_start(struct zone *z, const char *name, const char *ip4)
{
    char sb[128], ic[128];
    unsigned int b[4];
    snprintf(sb, sizeof sb, "unix:%s/sb.sock", z->dir);
    snprintf(ic, sizeof ic, "unix:%s/ic-sb.sock", z->dir);
    assert_int_equal(sscanf(ip4, "%u.%u.%u.%u", &b[0], &b[1], &b[2], &b[3]), 4);
    struct icgw_addr ip = {{[10] = 0xff,
                            [11] = 0xff,
                            [12] = (uint8_t)b[0],
                            [13] = (uint8_t)b[1],
                            [14] = (uint8_t)b[2],
                            [15] = (uint8_t)b[3]}};
    struct ovsdb_config config = {
        .chassis = name,
        .hostname = "host1",
        .encap_ips = &ip,
        .n_encap_ips = 1,
        .csum = true,
        .southbound = sb,
        .ic_southbound = ic,
        .cache = z->cache,
    };
    z->o = ovsdb_create(&config);
}

/* What the daemon does with a session, without the forwarding. */
static inline void gateway_step(struct zone *z)
{
    if (ovsdb_run(z->o)) {
        z->model = ovsdb_model(z->o);
        assert_non_null(z->model);
        z->n_models++;
        ovsdb_set_nb_cfg(z->o, ovsdb_model_nb_cfg(z->o));
    }
    ovsdb_wait(z->o);
    poll_timer_wait(50);
    poll_block();
}

/* Runs the gateway until the condition holds. */
#define UNTIL(Z, CONDITION)                                                                        \
    do {                                                                                           \
        long long deadline_ = time_msec() + DEADLINE_MS;                                           \
        while (!(CONDITION)) {                                                                     \
            if (time_msec() > deadline_) {                                                         \
                fail_msg("never: %s", #CONDITION);                                                 \
            }                                                                                      \
            gateway_step(Z);                                                                       \
        }                                                                                          \
    } while (0)

static inline void gateway_run_for(struct zone *z, long long ms)
{
    long long end = time_msec() + ms;
    while (time_msec() < end) {
        gateway_step(z);
    }
}

static inline void gateway_stop(struct zone *z)
{
    z->model = NULL;
    ovsdb_destroy(z->o);
    z->o = NULL;
}

static inline int zone_create(void **state)
{
    struct zone *z = calloc(1, sizeof *z);
    if (!z) {
        return -1;
    }
    strcpy(z->dir, "/tmp/icgw-ovsdb-XXXXXX");
    if (!mkdtemp(z->dir)) {
        return -1;
    }
    signal(SIGPIPE, SIG_IGN); /* as the daemon: servers are killed */
    z->cache = lflow_cache_create();
    *state = z;
    return 0;
}

static inline int zone_destroy(void **state)
{
    struct zone *z = *state;
    gateway_stop(z);
    lflow_cache_free(z->cache);
    for (int db = 0; db < N_DATABASES; db++) {
        stop_server(z, (enum database)db);
        static const char *const prefixes[] = {"", ".", "", ""};
        static const char *const suffixes[] = {".db", ".db.~lock~", ".log", ".sock"};
        for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
            char path[128];
            snprintf(path, sizeof path, "%s/%s%s%s", z->dir, prefixes[i], database_name[db],
                     suffixes[i]);
            unlink(path);
        }
    }
    int error = rmdir(z->dir);
    free(z);
    return error;
}

#endif
