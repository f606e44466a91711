/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BFD_WILL_H
#define ICGW_BFD_WILL_H

/* The last will: what peers are told when this process dies without a word.
 *
 * A small process, forked before there are threads, holds a ready-made frame for
 * every session that is up.  It sleeps until the kernel tells it that the daemon
 * is gone, sends them (state Down, "forwarding plane reset": RFC 5880, 6.8.17),
 * and ends.  Peers change over at once instead of after a detection time.  It
 * has no privileges: sockets are opened by the daemon and handed to it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bfd.h"

/* Sessions with a frame in it.  Peers of more have to notice by themselves. */
#define BFD_WILL_MAX 4096

struct bfd_will;

/* Forks; the caller must not have threads yet.  NULL with errno. */
struct bfd_will *bfd_will_create(void);
/* The daemon ends as it should: nothing is sent.  NULL is allowed. */
void bfd_will_destroy(struct bfd_will *);

/* Frames of the port will leave by this socket, which must take one frame with
 * each send().  The caller keeps its descriptor, and may close it.  False with
 * errno.  Control thread. */
bool bfd_will_add_port(struct bfd_will *, uint16_t port, int socket);
/* Whether the process is there.  Control thread. */
bool bfd_will_alive(struct bfd_will *);

/* Replaces a frame; len 0: none.  BFD thread. */
void bfd_will_set(struct bfd_will *, size_t index, uint16_t port, const uint8_t *frame,
                  uint16_t len);

#endif
