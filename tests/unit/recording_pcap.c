/* SPDX-License-Identifier: Apache-2.0 */

/* Captures in the classic format (libpcap's pcap-savefile(5)), as written by a
 * machine of our byte order. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

#define MAGIC 0xa1b2c3d4u
#define LINKTYPE_ETHERNET 1

struct file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t reserved[2];
    uint32_t snaplen;
    uint32_t linktype;
};

struct packet_header {
    uint32_t seconds, microseconds;
    uint32_t captured, len;
};

static void refuse(const char *path)
{
    fprintf(stderr, "%s: no complete capture of Ethernet frames\n", path);
    abort();
}

struct recording_frames recording_frames(const char *release, const char *name)
{
    char path[512];
    struct file_header header;
    struct packet_header packet;
    struct recording_frames all = {.n = 0};

    snprintf(path, sizeof path, "%s/recordings/%s/%s", ICGW_TEST_DATA, release, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(&header, sizeof header, 1, file) != 1 || header.magic != MAGIC ||
        header.linktype != LINKTYPE_ETHERNET) {
        refuse(path);
    }
    while (fread(&packet, sizeof packet, 1, file) == 1) {
        all.frames = realloc(all.frames, (all.n + 1) * sizeof *all.frames);
        struct recording_frame *f = all.frames != NULL ? &all.frames[all.n++] : NULL;
        if (f == NULL || packet.captured != packet.len || packet.len > UINT16_MAX ||
            (f->data = malloc(packet.len)) == NULL ||
            fread(f->data, 1, packet.len, file) != packet.len) {
            refuse(path);
        }
        f->len = packet.len;
    }
    fclose(file);
    return all;
}

void recording_frames_free(struct recording_frames *all)
{
    for (size_t i = 0; i < all->n; i++) {
        free(all->frames[i].data);
    }
    free(all->frames);
}
