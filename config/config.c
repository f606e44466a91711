/* SPDX-License-Identifier: Apache-2.0 */

#include "icgw_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define MAX_FILE (1u << 20) /* bytes; what is larger is no configuration */

void icgw_config_free(struct icgw_config *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->n_ports; i++) {
        free(c->ports[i].device);
    }
    free(c->chassis);
    free(c->southbound);
    free(c->ic_southbound);
    free(c->private_key);
    free(c->certificate);
    free(c->ca_cert);
    free(c);
}

/* ovnic-gw.conf tells the operator about these. */
static void set_defaults(struct icgw_config *c)
{
    c->encap_csum = true;
    c->cores = 1;
    c->idle_sleep = true;
    c->huge_pages = false;
    c->memory_mib = 256;
}

bool icgw_config_parse(const char *name, const char *text, size_t length,
                       struct icgw_config **config, char **error)
{
    *error = NULL;
    *config = calloc(1, sizeof **config);
    if (*config == NULL) {
        return false;
    }
    set_defaults(*config);
    if (loader_run(name, text, length, *config, error)) {
        return true;
    }
    icgw_config_free(*config);
    *config = NULL;
    return false;
}

/* The file's bytes, malloc'ed; NULL with errno set. */
static char *read_file(const char *path, size_t *length)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        return NULL;
    }
    char *text = malloc(MAX_FILE + 1);
    if (text != NULL) {
        *length = fread(text, 1, MAX_FILE + 1, stream);
        int failure = ferror(stream) ? errno : *length > MAX_FILE ? EFBIG : 0;
        if (failure != 0) {
            free(text);
            text = NULL;
            errno = failure;
        }
    }
    int keep = errno;
    fclose(stream);
    errno = keep;
    return text;
}

bool icgw_config_load(const char *path, struct icgw_config **config, char **error)
{
    size_t length;
    char *text = read_file(path, &length);

    if (text == NULL) {
        *config = NULL;
        if (asprintf(error, "%s: cannot be read: %s; allowed: a readable file of up to 1 MiB", path,
                     strerror(errno)) < 0) {
            *error = NULL;
        }
        return false;
    }
    bool ok = icgw_config_parse(path, text, length, config, error);
    free(text);
    return ok;
}
