/* SPDX-License-Identifier: Apache-2.0 */

/* What a run of the daemon leaves for the next one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lflow.h"
#include "model.h"
#include "model_file.h"
#include "recording.h"
#include "state_file.h"

struct files {
    char dir[32];
    char path[64];
    struct lflow_cache *cache;
    struct model *model;
};

static char *as_text(const struct model *m)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    assert_true(model_save(m, f));
    fclose(f);
    return text;
}

/* Flows have no order of their own. */
static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void assert_same(const struct model *a, const struct model *b)
{
    char *text[2] = {as_text(a), as_text(b)};
    char **lines[2] = {NULL, NULL};
    size_t n[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        lines[i] = calloc(strlen(text[i]) + 1, sizeof *lines[i]);
        for (char *line = strtok(text[i], "\n"); line; line = strtok(NULL, "\n")) {
            lines[i][n[i]++] = line;
        }
        qsort(lines[i], n[i], sizeof *lines[i], compare_lines);
    }
    assert_int_equal(n[0], n[1]);
    assert_true(n[0] > 100);
    for (size_t i = 0; i < n[0]; i++) {
        assert_string_equal(lines[0][i], lines[1][i]);
    }
    for (int i = 0; i < 2; i++) {
        free(lines[i]);
        free(text[i]);
    }
}

static int files_create(void **state)
{
    struct files *f = calloc(1, sizeof *f);
    strcpy(f->dir, "/tmp/icgw-state-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/state", f->dir);
    f->cache = lflow_cache_create();
    f->model = recording_model("ovn-23.03", 2, f->cache);
    *state = f;
    return 0;
}

static int files_destroy(void **state)
{
    struct files *f = *state;
    unlink(f->path);
    rmdir(f->dir);
    model_free(f->model);
    lflow_cache_free(f->cache);
    free(f);
    return 0;
}

static void save(const struct files *f)
{
    char *error = NULL;
    assert_true(state_file_save(f->path, "gw2", f->model, &error));
}

static void expect_refusal(const struct files *f, const char *chassis, const char *word)
{
    char *why;
    assert_null(state_file_load(f->path, chassis, f->cache, &why));
    assert_non_null(why);
    assert_non_null(strstr(why, word));
    free(why);
    assert_int_not_equal(access(f->path, F_OK), 0);
}

static void test_there_and_back(void **state)
{
    struct files *f = *state;
    char *why;
    save(f);
    struct model *m = state_file_load(f->path, "gw2", f->cache, &why);
    assert_non_null(m);
    assert_same(f->model, m);
    model_free(m);
    assert_null(state_file_load(f->path, "gw2", f->cache, &why)); /* once */
    assert_null(why);
}

static void test_text_of_any_kind(void **state)
{
    struct files *f = *state;
    struct model *m = model_create("a\tb", f->cache);
    struct model_chassis *chassis = model_add_chassis(m, "a\tb", false);
    assert_true(model_add_encap(m, chassis, "geneve", "2001:db8::1", true, 6081));
    assert_non_null(model_add_datapath(m, "u\n1", "back\\slash\\-", 7, false, false));
    struct model_port_row row = {.name = "\\-", .type = "", .key = 1, .datapath = "u\n1"};
    assert_non_null(model_add_port(m, &row));
    assert_true(model_add_additional_chassis(m, "\\-", "a\tb", "2001:db8::1"));
    assert_true(model_add_additional_chassis(m, "\\-", "a\tb", NULL));
    const char *elements[] = {"10.0.0.0/8", "fe80::/64",   "00:00:00:00:00:01",
                              "10.0.0.5",   "10.0.0.5/32", "::5",
                              "5",          "0/0"};
    assert_true(model_add_address_set(m, "", elements, 8));
    model_finish(m);

    char *text = as_text(m), *again;
    char *copy = strdup(text);
    struct model *other = model_create("a\tb", f->cache);
    assert_true(model_load(other, copy));
    model_finish(other);
    again = as_text(other);
    assert_string_equal(text, again);
    assert_int_equal(model_address_set(other, "")->n, 8);
    assert_int_equal(model_address_set_fingerprint(m, ""),
                     model_address_set_fingerprint(other, ""));
    free(text);
    free(copy);
    free(again);
    model_free(m);
    model_free(other);
}

static void change_byte(const struct files *f, long at)
{
    FILE *file = fopen(f->path, "r+");
    assert_int_equal(fseek(file, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    int c = fgetc(file);
    assert_int_equal(fseek(file, -1, SEEK_CUR), 0);
    fputc(c ^ 1, file);
    fclose(file);
}

static void test_refusals(void **state)
{
    struct files *f = *state;
    save(f);
    expect_refusal(f, "gw1", "another chassis");
    save(f);
    change_byte(f, -100);
    expect_refusal(f, "gw2", "damaged");
    save(f);
    change_byte(f, 3);
    expect_refusal(f, "gw2", "format");
    save(f);
    change_byte(f, 17);
    expect_refusal(f, "gw2", "damaged");
    save(f);
    assert_int_equal(truncate(f->path, 3000), 0);
    expect_refusal(f, "gw2", "damaged");
    save(f);
    assert_int_equal(truncate(f->path, 0), 0);
    expect_refusal(f, "gw2", "format");
}

static void make_older(const struct files *f, long long ms)
{
    struct timespec now, times[2];
    clock_gettime(CLOCK_REALTIME, &now);
    times[0] = times[1] = (struct timespec){now.tv_sec - ms / 1000, now.tv_nsec};
    assert_int_equal(utimensat(AT_FDCWD, f->path, times, 0), 0);
}

static void test_age(void **state)
{
    struct files *f = *state;
    char *why;
    save(f);
    make_older(f, STATE_FILE_MAX_AGE_MS + 1000);
    expect_refusal(f, "gw2", "too old");
    save(f);
    make_older(f, -60000); /* the clock has been set */
    expect_refusal(f, "gw2", "too old");
    save(f);
    make_older(f, STATE_FILE_MAX_AGE_MS - 60000);
    struct model *m = state_file_load(f->path, "gw2", f->cache, &why);
    assert_non_null(m);
    model_free(m);
    assert_false(state_file_confirm(f->path)); /* it is gone */

    save(f);
    make_older(f, STATE_FILE_MAX_AGE_MS + 1000);
    assert_true(state_file_confirm(f->path));
    m = state_file_load(f->path, "gw2", f->cache, &why);
    assert_non_null(m);
    model_free(m);
}

static void test_rows_that_make_no_sense(void **state)
{
    struct files *f = *state;
    static const char *const texts[] = {
        "X\ta\n",
        "C\n",
        "C\ta\n",
        "C\ta\tx\n",
        "E\t1.2.3.4\t1\t6081\n",
        "D\tu\tn\t0\t0\t0\n",
        "D\tu\tn\t1\t0\n",
        "P\ta\n",
        "L\ta\tb\n",
        "C\ta\\q\t0\n",
        "C\ta\t0",
        "D\t\\-\tn\t1\t0\t0\n",
        "\n",
        "CC\ta\t0\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *text = strdup(texts[i]);
        struct model *m = model_create("gw2", f->cache);
        assert_false(model_load(m, text));
        model_free(m);
        free(text);
    }
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, files_create, files_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_there_and_back),
        TEST(test_text_of_any_kind),
        TEST(test_refusals),
        TEST(test_age),
        TEST(test_rows_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
