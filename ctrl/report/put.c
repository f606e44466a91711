/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "put.h"

#include <arpa/inet.h>

#include "openvswitch/types.h"
#include "packets.h"
#include "util.h"

char *format_addr(const struct icgw_addr *addr)
{
    bool v4 = icgw_addr_is_v4(addr);
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr->bytes + 12 : addr->bytes, text, sizeof text);
    return xstrdup(text);
}

void put_addr(struct json *object, const char *name, const struct icgw_addr *addr)
{
    json_object_put(object, name, json_string_create_nocopy(format_addr(addr)));
}

void put_mac(struct json *object, const char *name, const uint8_t mac[6])
{
    struct eth_addr ea;
    memcpy(ea.ea, mac, sizeof ea.ea);
    json_object_put_format(object, name, ETH_ADDR_FMT, ETH_ADDR_ARGS(ea));
}
