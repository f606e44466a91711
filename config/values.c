/* SPDX-License-Identifier: Apache-2.0 */

#include "values.h"

#include <arpa/inet.h>
#include <string.h>

/* Not isdigit() and its relatives: they follow the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool value_number(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
    uint64_t number = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (!is_digit(*text)) {
            return false;
        }
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > max) {
            return false;
        }
    }
    *out = (uint32_t)number;
    return number >= min;
}

bool value_ip_is_v4(const struct icgw_config_ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(ip->bytes, mapped, sizeof mapped) == 0;
}

bool value_ip_is_loopback(const struct icgw_config_ip *ip)
{
    static const struct icgw_config_ip loopback6 = {{[15] = 1}};
    if (value_ip_is_v4(ip)) {
        return ip->bytes[12] == 127;
    }
    return memcmp(ip, &loopback6, sizeof loopback6) == 0;
}

bool value_ip_is_link_local_v6(const struct icgw_config_ip *ip)
{
    return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

static bool is_unicast(const struct icgw_config_ip *ip)
{
    static const struct icgw_config_ip unspecified6;
    if (value_ip_is_v4(ip)) {
        return ip->bytes[12] != 0 && ip->bytes[12] < 224;
    }
    return ip->bytes[0] != 0xff && memcmp(ip, &unspecified6, sizeof unspecified6) != 0;
}

bool value_ip(const char *text, struct icgw_config_ip *out)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->bytes[12]) == 1) {
        out->bytes[10] = 0xff;
        out->bytes[11] = 0xff;
    } else if (inet_pton(AF_INET6, text, out->bytes) != 1 || value_ip_is_v4(out)) {
        return false;
    }
    return is_unicast(out);
}

bool value_address(const char *text, struct icgw_config_address *out)
{
    const char *slash = strchr(text, '/');
    char ip[INET6_ADDRSTRLEN];
    uint32_t len;

    if (slash == NULL || (size_t)(slash - text) >= sizeof ip) {
        return false;
    }
    memcpy(ip, text, (size_t)(slash - text));
    ip[slash - text] = '\0';
    if (!value_ip(ip, &out->ip) ||
        !value_number(slash + 1, 1, value_ip_is_v4(&out->ip) ? 32 : 128, &len)) {
        return false;
    }
    out->prefix_len = (uint8_t)len;
    return true;
}

/* IP:PORT, IPv6 addresses in brackets.  `host`: the text of the address. */
static bool split_port(const char *text, char host[INET6_ADDRSTRLEN + 2], bool *v6, uint32_t *port)
{
    const char *colon = strrchr(text, ':');

    if (colon == NULL || (size_t)(colon - text) >= INET6_ADDRSTRLEN + 2 ||
        !value_number(colon + 1, 1, UINT16_MAX, port)) {
        return false;
    }
    size_t n = (size_t)(colon - text);
    *v6 = n >= 2 && text[0] == '[' && text[n - 1] == ']';
    n -= *v6 ? 2 : 0;
    memcpy(host, text + *v6, n);
    host[n] = '\0';
    return true;
}

static bool is_ip_and_port(const char *text)
{
    char host[INET6_ADDRSTRLEN + 2];
    struct icgw_config_ip ip;
    uint32_t port;
    bool v6;

    return split_port(text, host, &v6, &port) && value_ip(host, &ip) && value_ip_is_v4(&ip) == !v6;
}

bool value_listen(const char *text, struct icgw_config_ip *ip, uint16_t *port)
{
    char host[INET6_ADDRSTRLEN + 2];
    uint32_t number;
    bool v6;

    if (!split_port(text, host, &v6, &number)) {
        return false;
    }
    *port = (uint16_t)number;
    memset(ip, 0, sizeof *ip);
    if (v6 && strcmp(host, "::") == 0) {
        return true;
    }
    if (!v6 && strcmp(host, "0.0.0.0") == 0) {
        ip->bytes[10] = ip->bytes[11] = 0xff;
        return true;
    }
    return value_ip(host, ip) && value_ip_is_v4(ip) == !v6;
}

bool value_remote(const char *text)
{
    if (strncmp(text, "unix:", 5) == 0) {
        return value_absolute_path(text + 5);
    }
    return (strncmp(text, "tcp:", 4) == 0 || strncmp(text, "ssl:", 4) == 0) &&
           is_ip_and_port(text + 4);
}

static size_t hex_digits(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEF");
}

/* [DDDD:]BB:DD.F; returns its length, 0 if there is none. */
static size_t pci_address(const char *text)
{
    const char *p = text;

    if (hex_digits(p) == 4 && p[4] == ':') {
        p += 5;
    }
    if (hex_digits(p) != 2 || p[2] != ':' || hex_digits(p + 3) != 2 || p[5] != '.' || p[6] < '0' ||
        p[6] > '7') {
        return 0;
    }
    return (size_t)(p + 7 - text);
}

/* DPDK's virtual Ethernet devices are all named net_DRIVER and a number; asking
 * for the prefix catches the name of a kernel interface given by mistake. */
static size_t vdev_name(const char *text)
{
    size_t n = 4;

    if (strncmp(text, "net_", n) != 0 || !is_lower(text[n])) {
        return 0;
    }
    while (is_lower(text[n]) || is_digit(text[n]) || text[n] == '_') {
        n++;
    }
    return n;
}

bool value_device(const char *text)
{
    size_t n = pci_address(text);

    if (n == 0) {
        n = vdev_name(text);
    }
    if (n == 0 || strlen(text) > 255 || strpbrk(text, " \t\"'") != NULL) {
        return false;
    }
    return text[n] == '\0' || (text[n] == ',' && text[n + 1] != '\0');
}

bool value_name(const char *text, size_t max)
{
    size_t n = 0;

    while (is_alnum(text[n]) || (text[n] != '\0' && strchr("-_.", text[n]) != NULL)) {
        n++;
    }
    return text[n] == '\0' && n >= 1 && n <= max && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0;
}

bool value_token(const char *text)
{
    size_t n = 0;

    while (text[n] > ' ' && text[n] < 0x7f && strchr("\"'`\\", text[n]) == NULL) {
        n++;
    }
    return text[n] == '\0' && n >= 1 && n <= 255;
}

bool value_absolute_path(const char *text)
{
    return text[0] == '/' && text[1] != '\0' && strchr(text, ',') == NULL;
}
