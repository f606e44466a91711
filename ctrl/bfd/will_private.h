/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BFD_WILL_PRIVATE_H
#define ICGW_BFD_WILL_PRIVATE_H

/* What the daemon and the process that outlives it share. */

#include <stdatomic.h>
#include <sys/types.h>

#include "will.h"

#define WILL_MAX_PORTS 64

/* First byte of a message to the process. */
enum will_message {
    WILL_PORT = 'p',    /* a port's number follows, and its socket */
    WILL_EXECUTE = 'x', /* as the end of the connection: the daemon is dying */
    WILL_REVOKE = 'r',  /* it ends as it should */
};

/* In shared memory; the BFD thread writes, the process reads when that is gone. */
struct will_frame {
    _Atomic uint16_t len; /* 0: none; set last */
    uint16_t port;
    uint8_t data[BFD_FRAME_MAX];
};

struct bfd_will {
    pid_t pid; /* 0: gone */
    int socket;
    struct will_frame *frames; /* BFD_WILL_MAX of them */
};

/* The process: returns never. */
_Noreturn void bfd_will_wait(int socket, const struct will_frame *frames);

#endif
