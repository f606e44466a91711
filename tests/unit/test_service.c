/* SPDX-License-Identifier: Apache-2.0 */

/* What systemd hears, at the socket that it would listen at. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "service.h"

static int systemd = -1;

static const char *heard(void)
{
    static char text[256];
    ssize_t n = recv(systemd, text, sizeof text - 1, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* An address of the abstract kind leaves no file behind. */
static int listen_as_systemd(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    (void)state;
    snprintf(name, sizeof name, "@ovnic-gw-test-%d", (int)getpid());
    memcpy(address.sun_path, name, strlen(name));
    address.sun_path[0] = '\0';
    systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    if (systemd < 0 || bind(systemd, (struct sockaddr *)&address, len) != 0) {
        return -1;
    }
    return setenv("NOTIFY_SOCKET", name, 1) || setenv("WATCHDOG_USEC", "120000000", 1) ||
           unsetenv("WATCHDOG_PID");
}

static int close_systemd(void **state)
{
    (void)state;
    return close(systemd);
}

static void says_when_it_is_ready(void **state)
{
    (void)state;
    service_ready("forwarding");
    assert_string_equal(heard(), "READY=1\nSTATUS=forwarding");
}

static void says_that_it_leaves(void **state)
{
    (void)state;
    service_stopping();
    assert_string_equal(heard(), "STOPPING=1\nSTATUS=handing over to other gateways");
}

/* The turns of a busy loop are not all worth a message. */
static void says_that_it_is_alive_once_in_a_while(void **state)
{
    (void)state;
    service_alive();
    assert_string_equal(heard(), "WATCHDOG=1");
    service_alive();
    assert_string_equal(heard(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_when_it_is_ready),
        cmocka_unit_test(says_that_it_leaves),
        cmocka_unit_test(says_that_it_is_alive_once_in_a_while),
    };
    return cmocka_run_group_tests_name("service", tests, listen_as_systemd, close_systemd);
}
