/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <string.h>

void state_init(struct state *s)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < N_FIELDS; i++) {
        s->fields[i].known = wide_ones(field_width(i));
        s->fields[i].origin = STATE_NO_ORIGIN;
    }
}

void state_set_input(struct state *s, enum field_id id, wide value, wide known)
{
    struct state_field *f = &s->fields[id];
    f->known = known & wide_ones(field_width(id));
    f->value = value & f->known;
    f->origin = (uint8_t)id;
    f->origin_lo = 0;
}

/* Writes bits of a container.  An origin that the write touches is lost. */
static void write_bits(struct state_field *f, unsigned int lo, unsigned int width, wide value,
                       wide known)
{
    wide mask = wide_ones(width) << lo;
    if (f->origin != STATE_NO_ORIGIN) {
        wide origin = wide_ones(field_width(f->origin)) << f->origin_lo;
        if ((origin & mask) != 0) {
            f->origin = STATE_NO_ORIGIN;
        }
    }
    f->known = (f->known & ~mask) | (known << lo & mask);
    f->value = (f->value & ~mask) | ((value & known) << lo & mask);
}

void state_set(struct state *s, struct bits bits, wide value)
{
    write_bits(&s->fields[bits.field], bits.lo, bits.width, value, wide_ones(bits.width));
}

bool state_get(const struct state *s, struct bits bits, wide *value)
{
    const struct state_field *f = &s->fields[bits.field];
    wide mask = wide_ones(bits.width);
    if ((f->known >> bits.lo & mask) != mask) {
        *value = 0;
        return false;
    }
    *value = f->value >> bits.lo & mask;
    return true;
}

/* A run of bits taken out of its container, with its origin if that lies
 * within. */
struct taken {
    wide value;
    wide known;
    uint8_t origin;
    int origin_lo;
};

static struct taken take(const struct state *s, struct bits bits)
{
    const struct state_field *f = &s->fields[bits.field];
    wide mask = wide_ones(bits.width);
    struct taken t = {f->value >> bits.lo & mask, f->known >> bits.lo & mask, f->origin,
                      (int)f->origin_lo - (int)bits.lo};
    if (t.origin != STATE_NO_ORIGIN &&
        (t.origin_lo < 0 || t.origin_lo + (int)field_width(t.origin) > bits.width)) {
        t.origin = STATE_NO_ORIGIN;
    }
    if (t.origin == FIELD_IP_TTL) {
        t.origin = STATE_NO_ORIGIN; /* ttl_dec is not counted for a copy */
    }
    return t;
}

static void put(struct state *s, struct bits bits, const struct taken *t)
{
    struct state_field *f = &s->fields[bits.field];
    write_bits(f, bits.lo, bits.width, t->value, t->known);
    if (t->origin != STATE_NO_ORIGIN) {
        f->origin = t->origin;
        f->origin_lo = (uint8_t)(t->origin_lo + bits.lo);
    }
}

void state_move(struct state *s, struct bits dst, struct bits src)
{
    struct taken t = take(s, src);
    put(s, dst, &t);
}

void state_exchange(struct state *s, struct bits a, struct bits b)
{
    struct taken x = take(s, a), y = take(s, b);
    put(s, a, &y);
    put(s, b, &x);
}

void state_decrement_ttl(struct state *s)
{
    struct state_field *f = &s->fields[FIELD_IP_TTL];
    if (f->known != 0) {
        f->value = (f->value - 1) & 0xff;
    } else {
        s->ttl_dec++;
    }
}

wide state_value(const struct state *s, enum field_id id)
{
    return s->fields[id].value;
}

bool state_unchanged(const struct state *s, enum field_id id)
{
    return s->fields[id].origin == id && s->fields[id].origin_lo == 0;
}
