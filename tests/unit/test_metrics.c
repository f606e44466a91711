/* SPDX-License-Identifier: Apache-2.0 */

/* Metrics as text, and over HTTP. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exposition.h"
#include "metrics.h"
#include "now.h"
#include "util.h"

static void expect(bool open_metrics, const char *text)
{
    struct exposition e;
    const struct label labels[] = {{"step", "total"}, {NULL, NULL}};
    exposition_begin(&e, open_metrics);
    exposition_counter(&e, "packets", "Packets.");
    exposition_integer(&e, NULL, UINT64_MAX);
    exposition_gauge(&e, "up", "Up.");
    exposition_real(&e, labels, 0.5);
    exposition_histogram(&e, "time_seconds", "Time.");
    exposition_bucket(&e, labels, 0.001, 2);
    exposition_bucket(&e, labels, 1, 3);
    exposition_bucket(&e, labels, (double)INFINITY, 4);
    exposition_sum(&e, labels, 2.25, 4);
    char *said = exposition_end(&e);
    assert_string_equal(said, text);
    free(said);
}

#define REST                                                                                       \
    "ovnic_gw_packets_total 18446744073709551615\n"                                                \
    "# HELP ovnic_gw_up Up.\n# TYPE ovnic_gw_up gauge\novnic_gw_up{step=\"total\"} 0.5\n"          \
    "# HELP ovnic_gw_time_seconds Time.\n# TYPE ovnic_gw_time_seconds histogram\n"                 \
    "ovnic_gw_time_seconds_bucket{step=\"total\",le=\"0.001\"} 2\n"                                \
    "ovnic_gw_time_seconds_bucket{step=\"total\",le=\"1.0\"} 3\n"                                  \
    "ovnic_gw_time_seconds_bucket{step=\"total\",le=\"+Inf\"} 4\n"                                 \
    "ovnic_gw_time_seconds_sum{step=\"total\"} 2.25\n"                                             \
    "ovnic_gw_time_seconds_count{step=\"total\"} 4\n"

static void test_text(void **state OVS_UNUSED)
{
    expect(true,
           "# HELP ovnic_gw_packets Packets.\n# TYPE ovnic_gw_packets counter\n" REST "# EOF\n");
    expect(false, "# HELP ovnic_gw_packets_total Packets.\n"
                  "# TYPE ovnic_gw_packets_total counter\n" REST);
}

static void expect_label(const char *value, const char *escaped)
{
    struct exposition e;
    const struct label labels[] = {{"l", value}, {NULL, NULL}};
    exposition_begin(&e, false);
    exposition_gauge(&e, "g", "");
    exposition_integer(&e, labels, 1);
    char *text = exposition_end(&e);
    char *want =
        xasprintf("# HELP ovnic_gw_g \n# TYPE ovnic_gw_g gauge\novnic_gw_g{l=\"%s\"} 1\n", escaped);
    assert_string_equal(text, want);
    free(want);
    free(text);
}

/* Names come from databases. */
static void test_values(void **state OVS_UNUSED)
{
    expect_label("a\"b\\c\nd", "a\\\"b\\\\c\\nd");
    expect_label("\r\x1b\x7f", "???");
    expect_label("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\x8d",
                 "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\x8d");
    expect_label("\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80", "??????????");
    expect_label("cut \xe2\x82", "cut ??");
}

static int free_port(void)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof sin;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&sin, sizeof sin) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
    close(fd);
    return ntohs(sin.sin_port);
}

static const struct icgw_addr loopback = {{[10] = 0xff, 0xff, 127, 0, 0, 1}};

static int request(uint16_t port, const char *text)
{
    struct sockaddr_in sin = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof sin), 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static char *answer(int fd)
{
    char *text = xzalloc(4096);
    for (size_t n = 0; n < 4095;) {
        ssize_t got = read(fd, text + n, 4095 - n);
        if (got <= 0) {
            break;
        }
        n += (size_t)got;
    }
    close(fd);
    return text;
}

static void expect_answer(int fd, const char *status, const char *end)
{
    char *text = answer(fd);
    assert_non_null(strstr(text, status));
    assert_true(strlen(text) >= strlen(end));
    assert_string_equal(text + strlen(text) - strlen(end), end);
    free(text);
}

#define END "Host: x\r\nConnection: close\r\n\r\n"

/* So long the HTTP thread waits for a snapshot, and so long one serves: what takes more,
 * because the machine stood still, has another outcome. */
static bool in_time(int64_t since)
{
    return now_ms() - since < 1000;
}

/* False: not in time. */
static bool serve_new(struct metrics *m, uint16_t port)
{
    int64_t asked = now_ms();
    int fd = request(port, "GET /metrics HTTP/1.1\r\n" END);
    struct pollfd wanted = {metrics_fd(m), POLLIN, 0};
    assert_int_equal(poll(&wanted, 1, 10000), 1);
    assert_true(metrics_wanted(m));
    struct metrics_snapshot one = {xstrdup("open 1\n"), xstrdup("plain 1\n")};
    metrics_put(m, &one);
    /* The HTTP thread may have had the mutex just then: the main loop is woken
     * and hands over once more. */
    while (poll(&wanted, 1, 200) == 1) {
        assert_false(metrics_wanted(m));
    }
    if (!in_time(asked)) {
        close(fd);
        return false;
    }
    expect_answer(fd, " 200 ", "\r\n\r\nplain 1\n");
    return true;
}

/* Fresh enough to serve again, in the other form.  False: not in time. */
static bool serve_again(struct metrics *m, uint16_t port, int64_t since)
{
    int fd = request(port, "GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n" END);
    expect_answer(fd, " 200 ", "\r\n\r\nopen 1\n");
    bool wanted = metrics_wanted(m);
    if (!in_time(since)) {
        return false;
    }
    assert_false(wanted);
    return true;
}

/* False: not in time. */
static bool try_http(void)
{
    char *error = NULL;
    uint16_t port = (uint16_t)free_port();
    struct metrics *m = metrics_start(&loopback, port, &error);
    assert_non_null(m);
    assert_false(metrics_wanted(m));

    int64_t before = now_ms(); /* the snapshot is younger */
    bool served = serve_new(m, port) && serve_again(m, port, before);
    expect_answer(request(port, "GET /secret HTTP/1.1\r\n" END), " 404 ", "see /metrics\n");
    expect_answer(request(port, "DELETE /metrics HTTP/1.1\r\n" END), " 405 ", "only GET\n");
    metrics_stop(m);
    return served;
}

static void test_http(void **state OVS_UNUSED)
{
    for (int i = 0; i < 5; i++) {
        if (try_http()) {
            return;
        }
        print_message("not in time: once more\n");
    }
    fail_msg("never in time");
}

/* A control thread that does not answer: no metrics yet, then old ones. */
static void test_busy(void **state OVS_UNUSED)
{
    char *error = NULL;
    uint16_t port = (uint16_t)free_port();
    struct metrics *m = metrics_start(&loopback, port, &error);
    assert_non_null(m);
    expect_answer(request(port, "GET /metrics HTTP/1.1\r\n" END), " 503 ", "busy\n");
    metrics_stop(m);
}

static void test_port_taken(void **state OVS_UNUSED)
{
    char *error = NULL, *none = NULL;
    uint16_t port = (uint16_t)free_port();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in sin = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof sin), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_null(metrics_start(&loopback, port, &error));
    assert_non_null(strstr(error, "cannot listen for metrics"));
    free(error);
    close(fd);
    struct metrics *m = metrics_start(&loopback, port, &none);
    assert_non_null(m);
    metrics_stop(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text), cmocka_unit_test(test_values),     cmocka_unit_test(test_http),
        cmocka_unit_test(test_busy), cmocka_unit_test(test_port_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
