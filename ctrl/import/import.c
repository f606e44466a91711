/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "import.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

void import_init(struct import_config *c, const char *what, const char *source)
{
    *c = (struct import_config){.source = source, .what = what};
    c->comments = xmalloc(sizeof *c->comments);
    ds_init(c->comments);
}

void import_clear(struct import_config *c)
{
    ds_destroy(c->comments);
    free(c->comments);
    free(c->name);
    free(c->encap_ip);
    free(c->southbound);
    free(c->ic_southbound);
    free(c->private_key);
    free(c->certificate);
    free(c->ca_cert);
}

/* One line, whatever is in it. */
static void put_comment(struct ds *ds, char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f) {
            *p = '?';
        }
    }
    ds_put_format(ds, "# %s\n", text);
}

void import_say(struct import_config *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    put_comment(c->comments, text);
    free(text);
}

char *import_list(struct import_config *c, const char *what, const char *list,
                  bool (*check)(const char *))
{
    struct ds good = DS_EMPTY_INITIALIZER;
    char *copy = xstrdup(list ? list : ""), *save = NULL;
    for (char *item = strtok_r(copy, ", \t\r\n", &save); item != NULL;
         item = strtok_r(NULL, ", \t\r\n", &save)) {
        if (check(item)) {
            ds_put_format(&good, "%s%s", good.length ? "," : "", item);
        } else {
            import_say(c, "%s: \"%.80s\" cannot be used here", what, item);
        }
    }
    free(copy);
    char *text = good.length ? ds_steal_cstr(&good) : NULL;
    ds_destroy(&good);
    return text;
}

static void put_key(struct ds *ds, const char *key, const char *value, const char *todo)
{
    if (value != NULL) {
        ds_put_format(ds, "%s = %s\n", key, value);
    } else {
        ds_put_format(ds, "# to be filled in: %s\n%s =\n", todo, key);
    }
}

void import_write(const struct import_config *c, struct ds *ds)
{
    char *origin = xasprintf("Made by ovnic-gw-ctl import from %s: %s", c->what, c->source);
    put_comment(ds, origin);
    free(origin);
    ds_put_cstr(ds, ds_cstr(c->comments));
    ds_put_cstr(ds, "\n[chassis]\n");
    put_key(ds, "name", c->name, "the chassis name; no other chassis may have it");
    put_key(ds, "encap-ip", c->encap_ip, "the address that tunnels end at");
    if (c->no_csum) {
        put_key(ds, "encap-csum", "no", "");
    }
    ds_put_cstr(ds, "\n[ovn]\n");
    put_key(ds, "southbound", c->southbound,
            "the zone's Southbound: tcp:IP:6642 or ssl:IP:6642, several separated by commas");
    put_key(ds, "ic-southbound", c->ic_southbound,
            "the Interconnection Southbound: tcp:IP:6646, several separated by commas");
    if (c->private_key != NULL && c->certificate != NULL && c->ca_cert != NULL) {
        put_key(ds, "private-key", c->private_key, "");
        put_key(ds, "certificate", c->certificate, "");
        put_key(ds, "ca-cert", c->ca_cert, "");
    }
    ds_put_cstr(ds, "\n[port uplink]\n");
    put_key(ds, "device", NULL, "PCI address of the NIC (dpdk-devbind.py --status), or a vdev");
    ds_put_cstr(ds, "host-interface = ovnic-uplink\n"
                    "# the encap address, unless another program puts it there\n"
                    "; address = IP/LENGTH\n");
}
