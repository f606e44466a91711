/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "pcapng.h"

#include <string.h>

/* Numbers of the format, in the byte order of this machine: the first block says
 * which that is. */
#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_STATISTICS 5u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINKTYPE_ETHERNET 1u
#define NANOSECONDS 9u /* 10^-9 */

enum {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_SECTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    OPTION_INTERFACE_RESOLUTION = 9,
    OPTION_INTERFACE_FILTER = 11,
    OPTION_PACKET_FLAGS = 2,
    OPTION_PACKET_ID = 5,
    OPTION_STATISTICS_MISSED = 5,
};

enum { INBOUND = 1, OUTBOUND = 2 }; /* of OPTION_PACKET_FLAGS */

#define MAX_TEXT 1024u /* longer ones are cut */

/* The head and the options of a block; the data of a packet goes between. */
struct block {
    uint32_t words[2048];
    size_t n;
};

static void put(struct block *b, uint32_t word)
{
    b->words[b->n++] = word;
}

static void put_time(struct block *b, uint64_t ns)
{
    put(b, (uint32_t)(ns >> 32));
    put(b, (uint32_t)ns);
}

static void put_option(struct block *b, uint16_t code, const void *value, size_t len)
{
    uint16_t head[2] = {code, (uint16_t)len};
    memcpy(&b->words[b->n++], head, sizeof head);
    b->words[b->n + len / 4] = 0; /* padding */
    memcpy(&b->words[b->n], value, len);
    b->n += (len + 3) / 4;
}

static void put_text(struct block *b, uint16_t code, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        put_option(b, code, text, strnlen(text, MAX_TEXT));
    }
}

static bool write_words(FILE *file, const uint32_t *words, size_t n)
{
    return fwrite(words, sizeof *words, n, file) == n;
}

/* A block is its type, its length, what is in it, and its length once more. */
static bool write_block(FILE *file, uint32_t type, const struct block *head, const void *data,
                        uint32_t len, const struct block *tail)
{
    static const uint8_t zeroes[4];
    uint32_t padding = (4 - len % 4) % 4;
    uint32_t total = (uint32_t)(4 * (3 + head->n + tail->n)) + len + padding;
    uint32_t first[] = {type, total};
    return write_words(file, first, 2) && write_words(file, head->words, head->n) &&
           fwrite(data, 1, len, file) == len && fwrite(zeroes, 1, padding, file) == padding &&
           write_words(file, tail->words, tail->n) && write_words(file, &total, 1);
}

static bool write_plain(FILE *file, uint32_t type, struct block *b)
{
    struct block none = {.n = 0};
    put_option(b, OPTION_END, "", 0);
    return write_block(file, type, b, "", 0, &none);
}

bool pcapng_begin(FILE *file, const char *application)
{
    struct block b = {.n = 0};
    uint16_t version[] = {1, 0};
    put(&b, BYTE_ORDER_MAGIC);
    memcpy(&b.words[b.n++], version, sizeof version);
    put(&b, UINT32_MAX); /* the length of the section is not known */
    put(&b, UINT32_MAX);
    put_text(&b, OPTION_SECTION_APPLICATION, application);
    return write_plain(file, BLOCK_SECTION, &b);
}

bool pcapng_interface(FILE *file, const char *name, uint32_t snaplen, const char *filter)
{
    struct block b = {.n = 0};
    uint8_t resolution = NANOSECONDS;
    char text[MAX_TEXT + 1];
    put(&b, LINKTYPE_ETHERNET);
    put(&b, snaplen);
    put_text(&b, OPTION_INTERFACE_NAME, name);
    put_option(&b, OPTION_INTERFACE_RESOLUTION, &resolution, sizeof resolution);
    if (filter != NULL) {
        text[0] = 0; /* an expression, not a program */
        size_t len = strnlen(filter, MAX_TEXT);
        memcpy(text + 1, filter, len);
        put_option(&b, OPTION_INTERFACE_FILTER, text, 1 + len);
    }
    return write_plain(file, BLOCK_INTERFACE, &b);
}

bool pcapng_packet(FILE *file, const struct pcapng_packet *p)
{
    struct block head = {.n = 0}, tail = {.n = 0};
    uint32_t flags = p->outbound ? OUTBOUND : INBOUND;
    put(&head, p->interface);
    put_time(&head, p->ns);
    put(&head, p->len);
    put(&head, p->pkt_len);
    put_option(&tail, OPTION_PACKET_FLAGS, &flags, sizeof flags);
    if (p->id != 0) {
        put_option(&tail, OPTION_PACKET_ID, &p->id, sizeof p->id);
    }
    put_text(&tail, OPTION_COMMENT, p->comment);
    put_option(&tail, OPTION_END, "", 0);
    return write_block(file, BLOCK_PACKET, &head, p->data, p->len, &tail);
}

bool pcapng_statistics(FILE *file, uint32_t interface, uint64_t ns, uint64_t missed)
{
    struct block b = {.n = 0};
    put(&b, interface);
    put_time(&b, ns);
    put_option(&b, OPTION_STATISTICS_MISSED, &missed, sizeof missed);
    return write_plain(file, BLOCK_STATISTICS, &b);
}
