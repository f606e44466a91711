/* SPDX-License-Identifier: Apache-2.0 */

/* What a capture takes and writes: arguments, filters, the file's blocks. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "filter.h"
#include "options.h"
#include "pcapng.h"
#include "util.h"

#define PARSE(PARSER, OPTIONS, ERROR, ...)                                                         \
    ({                                                                                             \
        const char *argv_[] = {"command", __VA_ARGS__};                                            \
        PARSER((int)ARRAY_SIZE(argv_), argv_, OPTIONS, ERROR);                                     \
    })

static void test_arguments(void **state)
{
    struct capture_options o;
    char *error = NULL;
    (void)state;
    assert_true(PARSE(capture_options_parse, &o, &error, "/tmp/a", "--filter", "udp", "--count",
                      "5", "--seconds", "7", "--drops", "--json"));
    assert_string_equal(o.file, "/tmp/a");
    assert_string_equal(o.filter, "udp");
    assert_int_equal(o.count, 5);
    assert_int_equal(o.seconds, 7);
    assert_true(o.drops && o.json && !o.rx && !o.tx);
    assert_true(PARSE(capture_options_parse, &o, &error, "/tmp/a"));
    assert_true(o.drops && o.rx && o.tx);
    assert_true(
        PARSE(live_options_parse, &o, &error, "--live", "geneve and host 10.0.1.10", "-n", "3"));
    assert_string_equal(o.filter, "geneve and host 10.0.1.10");
    assert_int_equal(o.count, 3);
}

#define REFUSED(PARSER, WHY, ...)                                                                  \
    do {                                                                                           \
        struct capture_options o_;                                                                 \
        char *error_ = NULL;                                                                       \
        assert_false(PARSE(PARSER, &o_, &error_, __VA_ARGS__));                                    \
        if (strstr(error_, WHY) == NULL) {                                                         \
            fail_msg("got \"%s\", expected \"%s\"", error_, WHY);                                  \
        }                                                                                          \
        free(error_);                                                                              \
    } while (0)

static void test_bad_arguments(void **state)
{
    (void)state;
    REFUSED(capture_options_parse, "which file?", "--rx");
    REFUSED(capture_options_parse, "absolute path", "../a.pcapng");
    REFUSED(capture_options_parse, "is not understood", "/tmp/a", "/tmp/b");
    REFUSED(capture_options_parse, "is not understood", "/tmp/a", "--everything");
    REFUSED(capture_options_parse, "takes a value", "/tmp/a", "--count");
    REFUSED(capture_options_parse, "from 1 to", "/tmp/a", "--count", "0");
    REFUSED(capture_options_parse, "from 1 to", "/tmp/a", "--seconds", "3601");
    REFUSED(capture_options_parse, "from 64 to", "/tmp/a", "--snaplen", "1");
    REFUSED(live_options_parse, "from 1 to", "--live", "-n", "-1");
    REFUSED(live_options_parse, "in quotes", "--live", "host", "10.0.0.1");
}

static bool filter_is_good(const char *text)
{
    char *error = NULL;
    struct filter *f = filter_compile(text, &error);
    bool good = f != NULL;
    assert_true(good == (error == NULL));
    filter_free(f);
    free(error);
    return good;
}

static void test_filters(void **state)
{
    char *text = xmalloc(FILTER_MAX_TEXT + 2);
    (void)state;
    assert_true(filter_is_good("udp port 6081"));
    assert_true(filter_is_good("geneve 0xff0002 and (ip host 10.0.1.10 or ip6 host fd01::10)"));
    assert_true(filter_is_good("ether src 00:00:00:00:00:0a and not arp"));
    assert_true(filter_is_good("net 10.0.1.0/24 and tcp[tcpflags] & (tcp-syn|tcp-fin) != 0"));
    assert_true(filter_is_good("udp portrange 49152-65535"));
    /* Nobody is asked for the address of a name. */
    assert_false(filter_is_good("host vm1"));
    assert_false(filter_is_good("host cafe"));
    assert_false(filter_is_good("port http"));
    assert_false(filter_is_good("gateway a.example.org"));
    assert_false(filter_is_good("udp port port"));
    assert_false(filter_is_good("((("));
    memset(text, ' ', FILTER_MAX_TEXT + 1);
    text[FILTER_MAX_TEXT + 1] = '\0';
    assert_false(filter_is_good(text));
    free(text);
}

/* libpcap reads what is written. */
static void test_file(void **state)
{
    static const uint8_t frame[61] = {1, 2, 3};
    char path[] = "/tmp/icgw_pcapngXXXXXX", problem[PCAP_ERRBUF_SIZE];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "wb");
    struct pcapng_packet p = {
        .interface = 1,
        .ns = 1700000000123456789,
        .data = frame,
        .len = sizeof frame,
        .pkt_len = 1500,
        .id = 7,
        .comment = "dropped: unknown_vni",
    };
    struct pcap_pkthdr *header;
    const u_char *data;

    (void)state;
    assert_true(pcapng_begin(file, "test"));
    assert_true(pcapng_interface(file, "uplink", 2048, "udp"));
    assert_true(pcapng_interface(file, "other", 2048, NULL));
    assert_true(pcapng_packet(file, &p));
    p.outbound = true;
    p.comment = NULL;
    assert_true(pcapng_packet(file, &p));
    assert_true(pcapng_statistics(file, 0, p.ns, 5));
    assert_int_equal(fclose(file), 0);

    pcap_t *in = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, problem);
    assert_non_null(in);
    assert_int_equal(pcap_datalink(in), DLT_EN10MB);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pcap_next_ex(in, &header, &data), 1);
        assert_int_equal(header->caplen, sizeof frame);
        assert_int_equal(header->len, 1500);
        assert_int_equal(header->ts.tv_sec, 1700000000);
        assert_int_equal(header->ts.tv_usec, 123456789);
        assert_memory_equal(data, frame, sizeof frame);
    }
    assert_int_equal(pcap_next_ex(in, &header, &data), PCAP_ERROR_BREAK);
    pcap_close(in);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
