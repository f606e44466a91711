/* SPDX-License-Identifier: Apache-2.0 */

/* ovnic-gw-ctl against a unixctl server in a process of its own. */

#include <config.h>

#include "program.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "unixctl.h"
#include "util.h"

static char folder[] = "/tmp/test_ctl.XXXXXX";
static char socket_path[64];
static pid_t server;

static void echo(struct unixctl_conn *conn, int argc, const char *argv[], void *aux OVS_UNUSED)
{
    struct ds reply = DS_EMPTY_INITIALIZER;

    for (int i = 0; i < argc; i++) {
        ds_put_format(&reply, "<%s>", argv[i]);
    }
    unixctl_command_reply(conn, ds_cstr(&reply));
    ds_destroy(&reply);
}

static void refuse(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
                   void *aux OVS_UNUSED)
{
    unixctl_command_reply_error(conn, "not today");
}

/* Serves until it is killed; tells by a byte on the pipe when it can be asked. */
static void serve(int ready)
{
    struct unixctl_server *unixctl;

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    if (unixctl_server_create(socket_path, &unixctl) != 0 || write(ready, "", 1) != 1) {
        _exit(1);
    }
    unixctl_command_register("echo", "", 0, 9, echo, NULL);
    unixctl_command_register("refuse", "", 0, 0, refuse, NULL);
    for (;;) {
        unixctl_server_run(unixctl);
        unixctl_server_wait(unixctl);
        poll_block();
    }
}

static int start(void **state OVS_UNUSED)
{
    int ready[2];
    char byte;

    if (mkdtemp(folder) == NULL || pipe(ready) != 0) {
        return -1;
    }
    snprintf(socket_path, sizeof socket_path, "%s/ctl", folder);
    server = fork();
    if (server == 0) {
        serve(ready[1]);
    }
    close(ready[1]);
    return server > 0 && read(ready[0], &byte, 1) == 1 ? 0 : -1;
}

static int stop(void **state OVS_UNUSED)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    unlink(socket_path);
    rmdir(folder);
    return 0;
}

/* `ovnic-gw-ctl ARGUMENTS` exits with `status` and prints exactly that, errors
 * included. */
static void expect(const char *arguments, int status, const char *output)
{
    char *command = xasprintf("cd %s && %s %s", folder, ICGW_CTL, arguments);
    const char *printed = run_program(command, status);

    if (output != NULL) {
        assert_string_equal(printed, output);
    }
    free(command);
}

static void test_command(void **state OVS_UNUSED)
{
    expect("-t ctl echo", 0, "<echo>\n");
    expect("--target=ctl echo a 'b c' -x --json", 0, "<echo><a><b c><-x><--json>\n");
}

static void test_json(void **state OVS_UNUSED)
{
    expect("-t ctl -j echo a", 0, "<echo><a><--json>\n");
    expect("--json -t ctl echo", 0, "<echo><--json>\n");
}

static void test_refused(void **state OVS_UNUSED)
{
    expect("-t ctl refuse", 2, "ovnic-gw-ctl: refuse: not today\n");
    expect("-t ctl nothing", 2,
           "ovnic-gw-ctl: nothing: \"nothing\" is not a valid command (use \"list-commands\" to "
           "see a list of valid commands)\n");
    expect("-t ctl ehco", 2,
           "ovnic-gw-ctl: ehco: \"ehco\" is not a valid command (use \"list-commands\" to "
           "see a list of valid commands)\nDid you mean \"echo\"?\n");
}

static void test_unreachable(void **state OVS_UNUSED)
{
    expect("-t /nonexistent/ctl status", 1,
           "ovnic-gw-ctl: cannot reach ovnic-gw at /nonexistent/ctl: No such file or directory\n"
           "Is it running (systemctl status ovnic-gw)? "
           "If it was started with --unixctl PATH, say -t PATH.\n");
}

static void test_usage(void **state OVS_UNUSED)
{
    expect("-h", 0, NULL);
    expect("help lookup", 0, NULL);
    expect("vlog/set --help", 0,
           "usage: ovnic-gw-ctl [OPTION]... vlog/set [MODULE:DESTINATION:LEVEL]\n\n"
           "log levels, as with Open vSwitch.\n\n"
           "  ovnic-gw-ctl vlog/set gateway:file:dbg\n");
    expect("stats --watch 0", 1,
           "ovnic-gw-ctl: --watch takes a number of seconds, 1 to 86400; "
           "ovnic-gw-ctl --help says more\n");
    expect("-V", 0, "ovnic-gw-ctl " ICGW_VERSION "\n");
    expect("", 1, "ovnic-gw-ctl: a command is missing; ovnic-gw-ctl --help says more\n");
    expect("-T 0 status", 1,
           "ovnic-gw-ctl: --timeout takes a number of seconds, 1 or more; "
           "ovnic-gw-ctl --help says more\n");
}

/* What bash offers for the last of the words; a line each, sorted. */
static void expect_completion(const char *words, const char *offered)
{
    char *command =
        xasprintf("bash -c 'source %s/../config/bash-completion/ovnic-gw-ctl; COMP_WORDS=(%s %s); "
                  "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ovnic_gw_ctl; "
                  "printf \"%%s\\n\" \"${COMPREPLY[@]}\"' | LC_ALL=C sort -u | tr '\\n' ' '",
                  ICGW_TEST_DATA, ICGW_CTL, words);

    assert_string_equal(run_program(command, 0), offered);
    free(command);
}

static void test_completion(void **state OVS_UNUSED)
{
    expect_completion("trace --", "--all --help --json --length --live --packet --pcap --seconds ");
    expect_completion("capture --", "--count --drops --filter --help --json --rx --seconds --size "
                                    "--snaplen --stop --tx ");
    expect_completion("stats --w", "--watch ");
    expect_completion("exit --r", "--restart ");
    expect_completion("log --", "--help --json ");
    expect_completion("import --", "--help --json ");
    expect_completion("-t /nonexistent/ctl ca", "capture ");
    expect_completion("import k", "kube-ovn ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command), cmocka_unit_test(test_json),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_usage),   cmocka_unit_test(test_completion),
    };

    return cmocka_run_group_tests_name("ctl", tests, start, stop);
}
