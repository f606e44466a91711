/* SPDX-License-Identifier: Apache-2.0 */

/* Fed with what a stock gateway received, ours sends what that one sent: one
 * test per capture in tests/recordings. */

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recording_compare.h"
#include "recording_replay.h"
#include "test_eal.h"

/* Forwarding, which the tables alone are to decide. */
static const char *const fast[] = {"icmp4", "icmp6", "tcp", "fragments"};

static const char *const releases[] = {"ovn-23.03", "ovn-26.03"};
#define N_RELEASES (sizeof releases / sizeof *releases)
#define MAX_CASES 128

struct recording_case {
    const char *release;
    char *file;  /* NAME.gwN.pcap */
    char *title; /* for the report */
    int zone;
};

static struct recording_case cases[MAX_CASES];
static size_t n_cases;

static bool is_address(const uint8_t *ip4, const struct icgw_addr *a)
{
    return memcmp(ip4, a->bytes + 12, 4) == 0;
}

static void print_reports(const struct specialised *s)
{
    for (size_t i = 0; i < s->n_reports; i++) {
        const struct specialised_report *r = specialised_report(s, i);
        print_message("%s %s %s: %s: %s\n", r->port, r->destination,
                      r->unsupported ? "unsupported" : "slow", r->why, r->flow);
    }
}

static void check_actions(const struct recording_case *c, const struct replay *r)
{
    for (size_t i = 0; i < sizeof fast / sizeof *fast; i++) {
        size_t n = strlen(fast[i]);
        if (strncmp(c->file, fast[i], n) == 0 && c->file[n] == '.' &&
            r->n_actions[ICGW_ACTION_TX] != r->n_received) {
            print_reports(r->specialised);
            fail_msg("%s: expected %u packets on the fast path, got %u", c->title, r->n_received,
                     r->n_actions[ICGW_ACTION_TX]);
        }
    }
    if (r->n_received == 0 || r->n_actions[ICGW_ACTION_HOST] != 0) {
        fail_msg("%s: %u frames, %u not taken for tunnel packets", c->title, r->n_received,
                 r->n_actions[ICGW_ACTION_HOST]);
    }
}

static void test_recording(void **state)
{
    const struct recording_case *c = *state;
    struct icgw_addr gateway = recording_gateway(c->zone);
    struct recording_frames all = recording_frames(c->release, c->file);
    struct recording_frames expected = {.frames = calloc(all.n + 1, sizeof *expected.frames)};
    struct replay replay;

    assert_non_null(expected.frames);
    replay_start(&replay, c->release, c->zone);
    for (size_t i = 0; i < all.n; i++) {
        const struct recording_frame *f = &all.frames[i];
        assert_true(f->len >= 42);
        if (is_address(f->data + 30, &gateway)) {
            replay_receive(&replay, f);
        } else if (is_address(f->data + 26, &gateway)) {
            expected.frames[expected.n++] = *f;
        }
    }
    if (!recording_same(&expected, &replay.sent)) {
        print_reports(replay.specialised);
        fail_msg("%s: the stock gateway sent %zu frames, this one %zu; differences above", c->title,
                 expected.n, replay.sent.n);
    }
    check_actions(c, &replay);
    replay_stop(&replay);
    free(expected.frames);
    recording_frames_free(&all);
}

static int is_recording(const struct dirent *entry)
{
    const char *name = entry->d_name;
    size_t n = strlen(name);
    /* BFD is not traffic. */
    return n > 9 && strcmp(name + n - 5, ".pcap") == 0 && strncmp(name, "bfd-", 4) != 0;
}

static void find_cases(const char *release)
{
    char path[512];
    struct dirent **entries;

    snprintf(path, sizeof path, "%s/recordings/%s", ICGW_TEST_DATA, release);
    int n = scandir(path, &entries, is_recording, alphasort);
    if (n <= 0) {
        fprintf(stderr, "%s: no recordings\n", path);
        exit(1);
    }
    for (int i = 0; i < n; i++) {
        struct recording_case *c = &cases[n_cases++];
        const char *gw = strstr(entries[i]->d_name, ".gw");
        if (n_cases == MAX_CASES || gw == NULL) {
            fprintf(stderr, "%s/%s: not NAME.gwN.pcap\n", path, entries[i]->d_name);
            exit(1);
        }
        c->release = release;
        c->zone = atoi(gw + 3);
        c->file = strdup(entries[i]->d_name);
        if (c->file == NULL || asprintf(&c->title, "%s %.*s", release,
                                        (int)(strlen(c->file) - strlen(".pcap")), c->file) < 0) {
            abort();
        }
        free(entries[i]);
    }
    free(entries);
}

int main(void)
{
    struct CMUnitTest tests[MAX_CASES];

    for (size_t i = 0; i < N_RELEASES; i++) {
        find_cases(releases[i]);
    }
    for (size_t i = 0; i < n_cases; i++) {
        tests[i] = (struct CMUnitTest){
            .name = cases[i].title, .test_func = test_recording, .initial_state = &cases[i]};
    }
    int failed =
        _cmocka_run_group_tests("recordings", tests, n_cases, test_eal_start, test_eal_stop);
    for (size_t i = 0; i < n_cases; i++) {
        free(cases[i].file);
        free(cases[i].title);
    }
    return failed;
}
