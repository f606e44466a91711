/* SPDX-License-Identifier: Apache-2.0 */
#include "will.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "private.h"
#include "will_private.h"

/* For the handler of fatal signals: this end of the socket; -1: no will. */
static atomic_int dying_fd = -1;

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
#define N_FATAL (sizeof fatal / sizeof *fatal)
static struct sigaction before[N_FATAL];

/* The socket closes only after a core has been dumped, which may take seconds. */
static void on_fatal(int signum, siginfo_t *info, void *context)
{
    (void)context;
    ssize_t ignored = write(atomic_load(&dying_fd), &(char){WILL_EXECUTE}, 1);
    (void)ignored;
    for (size_t i = 0; i < N_FATAL; i++) {
        if (fatal[i] == signum) {
            sigaction(signum, &before[i], NULL);
        }
    }
    if (info->si_code <= 0) { /* sent; what the processor found happens again by itself */
        raise(signum);
    }
}

static void watch_fatal_signals(bool on)
{
    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO};
    for (size_t i = 0; i < N_FATAL; i++) {
        sigaction(fatal[i], on ? &action : &before[i], on ? &before[i] : NULL);
    }
}

/* Signals wait until the process ignores them. */
static pid_t fork_undisturbed(int parents_end, int childs_end, const struct will_frame *frames)
{
    sigset_t all, mask;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    pid_t pid = fork();
    if (pid == 0) {
        close(parents_end);
        bfd_will_wait(childs_end, frames);
    }
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return pid;
}

struct bfd_will *bfd_will_create(void)
{
    int ends[2];
    struct bfd_will *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    w->frames = mmap(NULL, BFD_WILL_MAX * sizeof *w->frames, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (w->frames == MAP_FAILED) {
        free(w);
        return NULL;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
        w->pid = fork_undisturbed(ends[0], ends[1], w->frames);
        int error = errno;
        close(ends[1]);
        if (w->pid > 0) {
            w->socket = ends[0];
            atomic_store(&dying_fd, w->socket);
            watch_fatal_signals(true);
            return w;
        }
        close(ends[0]);
        errno = error;
    }
    munmap(w->frames, BFD_WILL_MAX * sizeof *w->frames);
    free(w);
    return NULL;
}

bool bfd_will_alive(struct bfd_will *w)
{
    if (w->pid > 0 && waitpid(w->pid, NULL, WNOHANG) != 0) {
        w->pid = 0;
    }
    return w->pid > 0;
}

void bfd_will_destroy(struct bfd_will *w)
{
    if (w == NULL) {
        return;
    }
    watch_fatal_signals(false);
    atomic_store(&dying_fd, -1);
    send(w->socket, &(char){WILL_REVOKE}, 1, MSG_NOSIGNAL);
    close(w->socket);
    if (w->pid > 0) {
        while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    munmap(w->frames, BFD_WILL_MAX * sizeof *w->frames);
    free(w);
}

bool bfd_will_add_port(struct bfd_will *w, uint16_t port, int socket)
{
    uint8_t text[2] = {WILL_PORT, (uint8_t)port};
    struct iovec iov = {text, sizeof text};
    union {
        char bytes[CMSG_SPACE(sizeof socket)];
        struct cmsghdr align;
    } control = {{0}};
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

    if (port >= WILL_MAX_PORTS) {
        errno = E2BIG;
        return false;
    }
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof socket);
    memcpy(CMSG_DATA(cmsg), &socket, sizeof socket);
    return sendmsg(w->socket, &msg, MSG_NOSIGNAL) == sizeof text;
}

/* A frame counts when it has a length: this process may be killed at any point. */
void bfd_will_set(struct bfd_will *w, size_t index, uint16_t port, const uint8_t *frame,
                  uint16_t len)
{
    if (index >= BFD_WILL_MAX) {
        return;
    }
    struct will_frame *f = &w->frames[index];
    uint16_t before_len = atomic_load_explicit(&f->len, memory_order_relaxed);
    if (before_len == len && (len == 0 || (f->port == port && memcmp(f->data, frame, len) == 0))) {
        return;
    }
    atomic_store(&f->len, 0);
    if (len > 0) {
        f->port = port;
        memcpy(f->data, frame, len);
        atomic_store(&f->len, len);
    }
}
