/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BFD_RESUME_H
#define ICGW_BFD_RESUME_H

/* BFD sessions from one run of the daemon to the next: `exit --restart` leaves
 * them in a file, and peers that have not missed us in between do not hear of a
 * restart.  Control thread only. */

#include "bfd.h"

/* A file older than that is of no use: whoever we spoke to has noticed. */
#define BFD_RESUME_MAX_S 10
#define BFD_RESUME_MAX 1024 /* sessions; the rest comes up anew */

struct bfd_resume {
    size_t n;
    struct {
        struct icgw_addr local;
        struct icgw_addr remote;
        uint32_t local_discr;
        uint32_t remote_discr;
    } sessions[BFD_RESUME_MAX];
};

/* Writes the sessions that are Up.  False with errno. */
bool bfd_resume_save(const char *path, const struct bfd_snapshot *);
/* Reads the file and removes it: discriminators are used once.  NULL without
 * sessions that could go on; free() it. */
struct bfd_resume *bfd_resume_load(const char *path);
/* Fills resume_local_discr and resume_remote_discr.  NULL: nothing to resume. */
void bfd_resume_apply(const struct bfd_resume *, struct bfd_session_config *);

#endif
