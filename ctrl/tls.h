/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TLS_H
#define ICGW_TLS_H

/* Key, certificate and certificate authority for ssl: databases.  Control thread
 * only. */

#include <stdbool.h>

struct icgw_config;

/* That the files of [ovn] can be read and that the key belongs to the certificate;
 * true without files.  False with *error (malloc'ed). */
bool tls_check(const struct icgw_config *, char **error);

/* Makes OVN's library use the files as they now are, in connections made from now
 * on.  One that it cannot use is in the log. */
void tls_use(const struct icgw_config *);

#endif
