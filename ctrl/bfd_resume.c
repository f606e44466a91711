/* SPDX-License-Identifier: Apache-2.0 */
#include "bfd_resume.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool write_sessions(FILE *file, const struct bfd_snapshot *s)
{
    char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];
    for (size_t i = 0; i < s->n_sessions; i++) {
        const struct bfd_session_status *e = &s->sessions[i];
        if (e->up) {
            inet_ntop(AF_INET6, e->local.bytes, local, sizeof local);
            inet_ntop(AF_INET6, e->remote.bytes, remote, sizeof remote);
            fprintf(file, "%s %s %" PRIx32 " %" PRIx32 "\n", local, remote, e->local_discr,
                    e->remote_discr);
        }
    }
    return fclose(file) == 0;
}

/* Readable by ourselves only: who knows the discriminators can end a session. */
bool bfd_resume_save(const char *path, const struct bfd_snapshot *s)
{
    unlink(path);
    mode_t before = umask(0077);
    FILE *file = fopen(path, "wxe");
    umask(before);
    return file != NULL && write_sessions(file, s);
}

static bool fresh(FILE *file)
{
    struct stat st;
    if (fstat(fileno(file), &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
        return false;
    }
    time_t age = time(NULL) - st.st_mtime;
    return age >= 0 && age <= BFD_RESUME_MAX_S;
}

static void read_sessions(FILE *file, struct bfd_resume *r)
{
    char line[160], local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];
    while (r->n < BFD_RESUME_MAX && fgets(line, sizeof line, file) != NULL) {
        uint32_t local_discr, remote_discr;
        if (sscanf(line, "%45s %45s %8" SCNx32 " %8" SCNx32, local, remote, &local_discr,
                   &remote_discr) == 4 &&
            inet_pton(AF_INET6, local, r->sessions[r->n].local.bytes) == 1 &&
            inet_pton(AF_INET6, remote, r->sessions[r->n].remote.bytes) == 1) {
            r->sessions[r->n].local_discr = local_discr;
            r->sessions[r->n].remote_discr = remote_discr;
            r->n++;
        }
    }
}

struct bfd_resume *bfd_resume_load(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    struct bfd_resume *r = calloc(1, sizeof *r);
    if (r != NULL && fresh(file)) {
        read_sessions(file, r);
    }
    fclose(file);
    unlink(path);
    if (r != NULL && r->n == 0) {
        free(r);
        return NULL;
    }
    return r;
}

void bfd_resume_apply(const struct bfd_resume *r, struct bfd_session_config *c)
{
    for (size_t i = 0; r != NULL && i < r->n; i++) {
        if (memcmp(&r->sessions[i].local, &c->local, sizeof c->local) == 0 &&
            memcmp(&r->sessions[i].remote, &c->remote, sizeof c->remote) == 0) {
            c->resume_local_discr = r->sessions[i].local_discr;
            c->resume_remote_discr = r->sessions[i].remote_discr;
        }
    }
}
