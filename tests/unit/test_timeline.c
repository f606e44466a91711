/* SPDX-License-Identifier: Apache-2.0 */

/* The newest changes of state are kept, and only those. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "timeline.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(test_timeline);

static struct timeline_entry entries[TIMELINE_KEPT + 1];

static void test_newest(void **state OVS_UNUSED)
{
    assert_int_equal(timeline_newest(entries, 10), 0);
    TIMELINE_INFO("first");
    TIMELINE_WARN("second %d", 2);
    assert_int_equal(timeline_newest(entries, 10), 2);
    assert_string_equal(entries[0].text, "first");
    assert_string_equal(entries[1].text, "second 2");
    assert_int_equal(entries[1].level, VLL_WARN);
    assert_string_equal(entries[1].module, "test_timeline");
    assert_true(entries[0].at > 0 && entries[0].at <= entries[1].at);
    assert_int_equal(timeline_newest(entries, 1), 1);
    assert_string_equal(entries[0].text, "second 2");
    assert_int_equal(timeline_newest(entries, 0), 0);
}

static void test_oldest_go(void **state OVS_UNUSED)
{
    char number[16];
    for (int i = 0; i < TIMELINE_KEPT + 3; i++) {
        TIMELINE_INFO("%d", i);
    }
    assert_int_equal(timeline_newest(entries, SIZE_MAX), TIMELINE_KEPT);
    assert_string_equal(entries[0].text, "3");
    snprintf(number, sizeof number, "%d", TIMELINE_KEPT + 2);
    assert_string_equal(entries[TIMELINE_KEPT - 1].text, number);
}

static void test_long(void **state OVS_UNUSED)
{
    char text[2 * TIMELINE_TEXT];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    TIMELINE_INFO("%s", text);
    assert_int_equal(timeline_newest(entries, 1), 1);
    assert_int_equal(strlen(entries[0].text), TIMELINE_TEXT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newest),
        cmocka_unit_test(test_oldest_go),
        cmocka_unit_test(test_long),
    };
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
