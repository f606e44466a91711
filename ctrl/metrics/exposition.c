/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "exposition.h"

#include <inttypes.h>
#include <math.h>

#define PREFIX "ovnic_gw_"

void exposition_begin(struct exposition *e, bool open_metrics)
{
    *e = (struct exposition){.text = DS_EMPTY_INITIALIZER, .open_metrics = open_metrics};
}

char *exposition_end(struct exposition *e)
{
    if (e->open_metrics) {
        ds_put_cstr(&e->text, "# EOF\n");
    }
    return ds_steal_cstr(&e->text);
}

static void begin_family(struct exposition *e, const char *name, const char *type,
                         const char *suffix, const char *help)
{
    const char *shown = e->open_metrics ? "" : suffix;
    e->family = name;
    e->suffix = suffix;
    ds_put_format(&e->text, "# HELP " PREFIX "%s%s %s\n", name, shown, help);
    ds_put_format(&e->text, "# TYPE " PREFIX "%s%s %s\n", name, shown, type);
}

void exposition_gauge(struct exposition *e, const char *name, const char *help)
{
    begin_family(e, name, "gauge", "", help);
}

void exposition_counter(struct exposition *e, const char *name, const char *help)
{
    begin_family(e, name, "counter", "_total", help);
}

void exposition_histogram(struct exposition *e, const char *name, const char *help)
{
    begin_family(e, name, "histogram", "", help);
}

/* Length of the valid UTF-8 sequence at p; 0: none.  RFC 3629. */
static size_t utf8_length(const unsigned char *p)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (p[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
        return 0; /* overlong, surrogate, beyond Unicode */
    }
    return n;
}

static void put_value(struct ds *ds, const char *value)
{
    const unsigned char *p = (const unsigned char *)value;
    while (*p != '\0') {
        size_t n = utf8_length(p);
        if (*p == '"' || *p == '\\') {
            ds_put_format(ds, "\\%c", *p);
        } else if (*p == '\n') {
            ds_put_cstr(ds, "\\n");
        } else if (n == 0 || *p < ' ' || *p == 0x7f) {
            ds_put_char(ds, '?');
        } else {
            ds_put_buffer(ds, (const char *)p, n);
        }
        p += n > 0 ? n : 1;
    }
}

/* `le`: a further label; NULL: none. */
static void put_name(struct exposition *e, const char *suffix, const struct label *labels,
                     const char *le)
{
    const char *separator = "{";
    ds_put_format(&e->text, PREFIX "%s%s", e->family, suffix);
    for (; labels != NULL && labels->name != NULL; labels++) {
        ds_put_format(&e->text, "%s%s=\"", separator, labels->name);
        put_value(&e->text, labels->value);
        ds_put_char(&e->text, '"');
        separator = ",";
    }
    if (le != NULL) {
        ds_put_format(&e->text, "%sle=\"%s\"", separator, le);
        separator = ",";
    }
    ds_put_cstr(&e->text, separator[0] == '{' ? " " : "} ");
}

void exposition_integer(struct exposition *e, const struct label *labels, uint64_t value)
{
    put_name(e, e->suffix, labels, NULL);
    ds_put_format(&e->text, "%" PRIu64 "\n", value);
}

void exposition_real(struct exposition *e, const struct label *labels, double value)
{
    put_name(e, e->suffix, labels, NULL);
    ds_put_format(&e->text, "%.9g\n", value);
}

void exposition_bucket(struct exposition *e, const struct label *labels, double bound,
                       uint64_t below)
{
    char le[32] = "+Inf";
    if (!isinf(bound)) {
        snprintf(le, sizeof le, "%.9g%s", bound, floor(bound) == bound ? ".0" : "");
    }
    put_name(e, "_bucket", labels, le);
    ds_put_format(&e->text, "%" PRIu64 "\n", below);
}

void exposition_sum(struct exposition *e, const struct label *labels, double sum, uint64_t count)
{
    put_name(e, "_sum", labels, NULL);
    ds_put_format(&e->text, "%.9g\n", sum);
    put_name(e, "_count", labels, NULL);
    ds_put_format(&e->text, "%" PRIu64 "\n", count);
}
