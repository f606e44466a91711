/* SPDX-License-Identifier: Apache-2.0 */

/* What ovnic-gw-bench measures adds up, and its frames are what was asked for; the
 * figures themselves are the machine's. */

#include <config.h>

#include "program.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

static char capture[] = "/tmp/test_bench.XXXXXX";

__attribute__((format(printf, 2, 3))) static const char *run(int status, const char *format, ...)
{
    char arguments[512], command[768];
    va_list args;

    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(command, sizeof command, "%s %s", ICGW_BENCH, arguments);
    return run_program(command, status);
}

static struct json *measure(const char *arguments)
{
    const char *printed = run(0, "--json %s", arguments);
    struct json *json = json_from_string(printed);

    if (json->type != JSON_OBJECT) {
        fail_msg("%s: not JSON: %s", arguments, printed);
    }
    return json;
}

static const struct json *member(const struct json *json, const char *name)
{
    const struct json *value = shash_find_data(json_object(json), name);

    if (value == NULL) {
        fail_msg("no \"%s\"", name);
    }
    return value;
}

static double number(const struct json *json, const char *name)
{
    const struct json *value = member(json, name);

    if (value->type != JSON_INTEGER && value->type != JSON_REAL) {
        fail_msg("\"%s\" is no number", name);
    }
    return value->type == JSON_INTEGER ? (double)json_integer(value) : json_real(value);
}

static void expect_between(const char *what, double value, double least, double most)
{
    if (!(value >= least && value <= most)) {
        fail_msg("%s: expected %g to %g, got %g", what, least, most, value);
    }
}

/* Sum of the stages of one way, each of which has taken time. */
static double sum_of(const struct json *json, const char *way, unsigned int n_stages)
{
    const struct json_array *stages = json_array(member(json, "stages"));
    double sum = 0;

    for (size_t i = 0; i < stages->n; i++) {
        const struct json *stage = stages->elems[i];

        if (strcmp(json_string(member(stage, "way")), way) == 0) {
            assert_true(number(stage, "cycles_per_packet") > 0);
            sum += number(stage, "cycles_per_packet");
            n_stages--;
        }
    }
    assert_int_equal(n_stages, 0);
    return sum;
}

/* Returns the median of cycles per packet. */
static double check_speed(const struct json *json)
{
    const struct json *cycles = member(json, "cycles_per_packet");
    double median = number(cycles, "median");

    assert_true(number(json, "packets") > 0);
    assert_true(number(cycles, "min") > 0);
    assert_true(number(cycles, "min") < number(cycles, "max")); /* of ten, none exact */
    expect_between("median", median, number(cycles, "min"), number(cycles, "max"));
    expect_between("cycles per second", number(json, "packets_per_second") * median,
                   number(json, "tsc_hz") * 0.98, number(json, "tsc_hz") * 1.02);
    return median;
}

static void check_stages(const char *arguments)
{
    struct json *json = measure(arguments);
    const struct json *burst = member(json, "cycles_per_burst");
    double median = check_speed(json), remembered = sum_of(json, "remembered", 2);

    assert_true(number(burst, "p1") <= number(burst, "p50"));
    assert_true(number(burst, "p50") < number(burst, "p99.9"));
    /* Of a packet, as the whole: the same work, measured apart. */
    expect_between("remembered", remembered, median / 10, median * 10);
    expect_between("short way", sum_of(json, "short way", 1), median / 10, median * 20);
    /* Remembering is what makes it fast; by far less than chance could hide. */
    assert_true(remembered < sum_of(json, "stages", 4));
    json_destroy(json);
}

static void test_stages(void **state OVS_UNUSED)
{
    check_stages("--by-stage --seconds 0.2");
    check_stages("--by-stage --seconds 0.2 --inner ipv6 --direction in --transits 20 "
                 "--destinations 5");
}

/* More destinations than are remembered. */
static void test_not_remembered(void **state OVS_UNUSED)
{
    const char *printed = run(0, "--by-stage --seconds 0.2 --destinations 20000 --flows 20000");

    assert_non_null(strstr(printed, "not taken"));
}

#define RATE 2000
#define SECONDS 0.3
#define BURST 32 /* may be due and not sent yet */

/* What became due at the end, while the generator had no core, is not counted. */
static double least_due(const struct json *json)
{
    return RATE * (SECONDS - number(json, "generator_pause_ns") / 1e9) - BURST;
}

static void check_latency(const char *arguments)
{
    static const char *const percentiles[] = {"p50", "p90", "p99", "p99.9", "max"};
    struct json *json = measure(arguments);
    const struct json *latency = member(json, "latency_ns");
    double before = 0;

    assert_true(number(json, "received") == number(json, "sent"));
    expect_between("due", number(json, "sent") + number(json, "skipped"), least_due(json),
                   RATE * SECONDS);
    for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++) {
        /* Two threads that share memory take longer than that. */
        assert_true(number(latency, percentiles[i]) > 100);
        assert_true(number(latency, percentiles[i]) >= before * 0.98); /* steps of 1.6 % */
        before = number(latency, percentiles[i]);
    }
    if (number(json, "received") > 10) { /* one alone is both */
        assert_true(number(latency, "p50") < number(latency, "max"));
    }
    if (number(json, "received") < 1000) { /* the last of them is the slowest */
        assert_true(number(latency, "p99.9") >= number(latency, "max") * 0.98);
    }
    json_destroy(json);
}

static void test_latency(void **state OVS_UNUSED)
{
    check_latency("--latency 2000 --seconds 0.3");
    check_latency("--latency 2000 --seconds 0.3 --direction in --inner ipv6 --length 78");
}

/* --- frames, from a capture */

#define PCAP_HEADER 24
#define PCAP_RECORD 16
#define OUTER 58
#define MAX_KEYS 64

/* Counts the different values that a field has. */
struct values {
    uint64_t seen[MAX_KEYS];
    size_t n;
};

static void add_value(struct values *v, uint64_t value)
{
    for (size_t i = 0; i < v->n; i++) {
        if (v->seen[i] == value) {
            return;
        }
    }
    assert_true(v->n < MAX_KEYS);
    v->seen[v->n++] = value;
}

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t value = 0;

    while (n-- > 0) {
        value = value << 8 | *p++;
    }
    return value;
}

/* All frames of a capture, `length` bytes each. */
static uint8_t *read_capture(size_t length, size_t n)
{
    size_t size = PCAP_HEADER + n * (PCAP_RECORD + length);
    uint8_t *bytes = malloc(size + 1);
    FILE *file = fopen(capture, "rb");

    assert_non_null(bytes);
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, size + 1, file), size);
    fclose(file);
    return bytes;
}

static const uint8_t *frame_of(const uint8_t *bytes, size_t length, size_t i)
{
    return bytes + PCAP_HEADER + i * (PCAP_RECORD + length) + PCAP_RECORD;
}

/* 24 flows, by turns to 4 transit switches with 3 destinations each. */
static void check_frames(const char *arguments, size_t inner, bool out, bool checksum)
{
    struct values vnis = {.n = 0}, pairs = {.n = 0}, ports = {.n = 0}, inner_ports = {.n = 0};

    run(0, "--write-pcap %s --flows 24 --transits 4 --destinations 3 %s", capture, arguments);
    uint8_t *bytes = read_capture(OUTER + inner, 24);
    for (size_t i = 0; i < 24; i++) {
        const uint8_t *f = frame_of(bytes, OUTER + inner, i), *in = f + OUTER;
        bool v6 = big_endian(in + 12, 2) == 0x86dd;
        uint64_t vni = big_endian(f + 46, 3);

        add_value(&vnis, vni);
        add_value(&pairs, vni << 32 | big_endian(out ? in + 2 : in + (v6 ? 50 : 30), 4));
        add_value(&ports, big_endian(f + 34, 2));
        add_value(&inner_ports, big_endian(in + (v6 ? 54 : 34), 2));
        assert_int_equal(big_endian(f + 40, 2) != 0, checksum);
        assert_int_equal(big_endian(f + 16, 2), OUTER - 14 + inner);
    }
    assert_int_equal(vnis.n, 4);
    assert_int_equal(pairs.n, 12);
    assert_int_equal(inner_ports.n, 24);
    assert_true(ports.n > 20); /* a hash: two may agree */
    free(bytes);
}

static void test_frames(void **state OVS_UNUSED)
{
    check_frames("", 64, true, true);
    check_frames("--checksum off --length 100", 100, true, false);
    check_frames("--direction in", 64, false, true);
    check_frames("--direction in --inner ipv6", 64, false, true);
}

/* Inner ports come again after 65,536 of them, the addresses then differ. */
static void test_many_flows(void **state OVS_UNUSED)
{
    run(0, "--write-pcap %s --flows 65537", capture);
    uint8_t *bytes = read_capture(OUTER + 64, 65537);
    const uint8_t *first = frame_of(bytes, OUTER + 64, 0) + OUTER;
    const uint8_t *again = frame_of(bytes, OUTER + 64, 65536) + OUTER;

    assert_memory_equal(first + 34, again + 34, 4);
    assert_true(memcmp(first + 26, again + 26, 8) != 0);
    free(bytes);
}

/* A worker on a device that gives those frames again and again. */
static struct json *on_device(const char *arguments)
{
    char with_device[256];

    snprintf(with_device, sizeof with_device,
             "--device net_pcap0,rx_pcap=%s,infinite_rx=1 --memory 256 --seconds 0.3 %s", capture,
             arguments);
    return measure(with_device);
}

static void test_device(void **state OVS_UNUSED)
{
    run(0, "--write-pcap %s --flows 64 --transits 2", capture);
    struct json *json = on_device("--flows 64 --transits 2 --by-stage");
    double median = check_speed(json);

    assert_true(number(json, "dropped") == 0);
    expect_between("worker", sum_of(json, "worker", 4), median / 3, median * 3);
    json_destroy(json);

    json = on_device("--flows 64 --transits 1"); /* knows every other VNI */
    expect_between("dropped of forwarded", number(json, "dropped") / number(json, "packets"), 0.9,
                   1.1);
    json_destroy(json);
}

static void test_refused(void **state OVS_UNUSED)
{
    static const char *const wrong[] = {
        "--latency 1000 --by-stage",
        "--latency 1000 --length 1457",
        "--latency 1000 --inner ipv6 --length 77",
        "--transits 10000 --destinations 10000",
        "--transits 0",
        "--inner ipv5",
        "--seconds nan",
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        run(1, "%s", wrong[i]);
    }
}

static int start(void **state OVS_UNUSED)
{
    int fd = mkstemp(capture);

    return fd < 0 ? -1 : close(fd);
}

static int stop(void **state OVS_UNUSED)
{
    return unlink(capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages),     cmocka_unit_test(test_not_remembered),
        cmocka_unit_test(test_latency),    cmocka_unit_test(test_frames),
        cmocka_unit_test(test_many_flows), cmocka_unit_test(test_device),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
