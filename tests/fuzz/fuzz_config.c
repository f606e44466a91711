/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a configuration file: a configuration or a message, never both,
 * and a message is one line that begins with file and line number. */

#include <stdlib.h>
#include <string.h>

#include "icgw_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct icgw_config *config;
    char *error;

    if (icgw_config_parse("f", (const char *)data, size, &config, &error)) {
        require(error == NULL);
        require(config->n_encap_ips > 0 && config->n_ports > 0 && config->southbound != NULL);
        icgw_config_free(config);
    } else {
        require(config == NULL && error != NULL);
        require(strncmp(error, "f:", 2) == 0 && atoi(error + 2) > 0);
        require(strchr(error, '\n') == NULL && strstr(error, "; allowed") != NULL);
        free(error);
    }
    return 0;
}
