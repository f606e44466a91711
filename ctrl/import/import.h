/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_IMPORT_H
#define ICGW_IMPORT_H

/* Configuration files out of what people have already.  What goes into the file
 * has passed the checks of the configuration's own parser; what is missing is an
 * empty value, which that parser names with its line.  The input is hostile: any
 * text is allowed, and none gets into the file but as a checked value, or in a
 * comment without control characters.  No state. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct json;

#define IMPORT_MAX_FILE (1u << 20) /* bytes */

/* A ConfigMap "ovn-ic-config" of Kube-OVN as kubectl writes it (YAML or JSON),
 * alone or in a List.  `source` is for messages.  Appends the configuration;
 * false with *error (malloc'ed) when there is none to be had. */
bool import_kube_ovn(const char *text, size_t length, const char *source, struct ds *,
                     char **error);

/* The row of Open_vSwitch: what `ovs-vsctl --format=json list Open_vSwitch`
 * prints, or an answer to a select operation of OVSDB.  `ssl` is such an answer
 * about the table SSL, or NULL. */
bool import_ovs(const struct json *rows, const struct json *ssl, const char *source, struct ds *,
                char **error);

/* For both. */
struct import_config {
    const char *source;
    const char *what; /* "Open_vSwitch", … */
    char *name;
    char *encap_ip;
    bool no_csum;
    char *southbound;
    char *ic_southbound;
    char *private_key;
    char *certificate;
    char *ca_cert;
    struct ds *comments; /* lines without "# " */
};

void import_init(struct import_config *, const char *what, const char *source);
void import_write(const struct import_config *, struct ds *);
void import_clear(struct import_config *);
/* A line of comment. */
void import_say(struct import_config *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes those items of the list that `check` accepts, separated by commas; says
 * so of the others.  NULL: none. */
char *import_list(struct import_config *, const char *what, const char *list,
                  bool (*check)(const char *));

#endif
