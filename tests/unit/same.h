/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TEST_SAME_H
#define ICGW_TEST_SAME_H

/* Whether two models say the same, and two sets of tables do.  A difference fails
 * the test and says which. */

struct specialised;
struct model;

void assert_same_model(const struct model *, const struct model *expected);
void assert_same_specialised(const struct specialised *, const struct specialised *expected);
void assert_same_reports(const struct specialised *, const struct specialised *expected);

#endif
