/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a ConfigMap and as a row of Open_vSwitch: a file or a message.
 * Each line of the file is one that the program writes, so that no input adds a
 * key. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_known(const char *line)
{
    static const char *const known[] = {
        "#",
        ";",
        "[chassis]",
        "[ovn]",
        "[port uplink]",
        "name =",
        "encap-ip =",
        "encap-csum = no",
        "southbound =",
        "ic-southbound =",
        "private-key =",
        "certificate =",
        "ca-cert =",
        "device =",
        "host-interface = ovnic-uplink",
    };
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (!strncmp(line, known[i], strlen(known[i]))) {
            return true;
        }
    }
    return *line == '\0';
}

static void check(struct ds *ds, char *error)
{
    char *save = NULL;
    if ((error != NULL) == (ds->length > 0)) {
        abort();
    }
    for (char *line = strtok_r(ds_cstr(ds), "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        if (!is_known(line)) {
            abort();
        }
    }
    free(error);
    ds_destroy(ds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ds yaml = DS_EMPTY_INITIALIZER, ovs = DS_EMPTY_INITIALIZER;
    char *error = NULL, *text = xmemdup0((const char *)data, size);

    import_kube_ovn(text, size, "f", &yaml, &error);
    check(&yaml, error);

    struct json *json = json_from_string(text);
    error = NULL;
    import_ovs(json, json, "f", &ovs, &error);
    check(&ovs, error);
    json_destroy(json);
    free(text);
    return 0;
}
