/* SPDX-License-Identifier: Apache-2.0 */
/* The file that carries sessions over a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "bfd_resume.h"

static char path[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/test_bfd_resume.%d", (int)getpid());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static struct icgw_addr addr(uint8_t last, bool v6)
{
    if (v6) {
        return (struct icgw_addr){.bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = last}};
    }
    return (struct icgw_addr){.bytes = {[10] = 0xff, 0xff, 192, 0, 2, last}};
}

/* hv1 and hv2 are up, hv3 is not. */
static void save(void)
{
    struct bfd_session_status sessions[3];
    struct bfd_snapshot s = {.sessions = sessions, .n_sessions = 3};

    memset(sessions, 0, sizeof sessions);
    for (uint8_t i = 0; i < 3; i++) {
        sessions[i] = (struct bfd_session_status){
            .local = addr(1, i == 1),
            .remote = addr((uint8_t)(11 + i), i == 1),
            .up = i < 2,
            .local_discr = 0xfffffff0u + i,
            .remote_discr = 7u + i,
        };
    }
    assert_true(bfd_resume_save(path, &s));
}

static struct bfd_session_config applied(const struct bfd_resume *r, uint8_t last, bool v6)
{
    struct bfd_session_config c = {.local = addr(1, v6), .remote = addr(last, v6)};
    bfd_resume_apply(r, &c);
    return c;
}

static void test_there_and_back(void **state)
{
    struct stat st;

    (void)state;
    save();
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct bfd_resume *r = bfd_resume_load(path);
    assert_non_null(r);
    assert_int_equal(r->n, 2);
    assert_int_equal(applied(r, 11, false).resume_local_discr, 0xfffffff0u);
    assert_int_equal(applied(r, 11, false).resume_remote_discr, 7);
    assert_int_equal(applied(r, 12, true).resume_remote_discr, 8);
    assert_int_equal(applied(r, 13, false).resume_remote_discr, 0);
    assert_int_equal(applied(NULL, 11, false).resume_remote_discr, 0);
    free(r);
    assert_null(bfd_resume_load(path)); /* once */
}

static void test_too_old(void **state)
{
    struct utimbuf then = {.actime = time(NULL), .modtime = time(NULL) - BFD_RESUME_MAX_S - 2};

    (void)state;
    save();
    assert_int_equal(utime(path, &then), 0);
    assert_null(bfd_resume_load(path));
    assert_int_not_equal(access(path, F_OK), 0);
    save();
    then.modtime = time(NULL) + 60; /* not from here */
    assert_int_equal(utime(path, &then), 0);
    assert_null(bfd_resume_load(path));
}

static void write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_damaged(void **state)
{
    static const char *const texts[] = {
        "",
        "\n\n",
        "nonsense\n",
        "::1 ::2\n",
        "::1 ::2 3\n",
        "::1 192.0.2.1 3 4\n",
        "1111111111111111111111111111111111111111111111111111111111 ::2 3 4\n",
        "::1 ::2 xyz 4\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_text(texts[i]);
        if (bfd_resume_load(path) != NULL) {
            fail_msg("taken: %s", texts[i]);
        }
    }
    write_text("nonsense\n::1 ::2 3 4\n");
    struct bfd_resume *r = bfd_resume_load(path);
    assert_non_null(r);
    assert_int_equal(r->n, 1);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_too_old),
        cmocka_unit_test(test_damaged),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
