/* SPDX-License-Identifier: Apache-2.0 */

/* The process that waits for the daemon's end.  It calls nothing but the kernel. */

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "will_private.h"

/* One of them may be lost. */
#define COPIES 3
#define BETWEEN_NS 10000000
/* Whatever happens, it does not outlive the daemon by more. */
#define LIMIT_S 1

#define NICE (-10) /* as the BFD thread */
#define NOBODY 65534

/* The end of the daemon is what it waits for, not a signal: systemd sends those
 * to every process of a service, the daemon's own are handled in the daemon. */
static void ignore_signals(void)
{
    for (int i = 1; i < SIGRTMAX; i++) {
        signal(i, i == SIGALRM ? SIG_DFL : SIG_IGN); /* refused for some */
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A failure leaves it with what the daemon has. */
static void drop_privileges(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    long rc = 0;

    memset(none, 0, sizeof none);
    if (geteuid() == 0) {
        rc |= setgroups(0, NULL);
        rc |= setresgid(NOBODY, NOBODY, NOBODY);
        rc |= setresuid(NOBODY, NOBODY, NOBODY);
    }
    rc |= syscall(SYS_capset, &header, none);
    rc |= prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)rc;
}

static void take_socket(struct msghdr *msg, const uint8_t *text, int sockets[WILL_MAX_PORTS])
{
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
    if (cmsg != NULL && cmsg->cmsg_type == SCM_RIGHTS && text[1] < WILL_MAX_PORTS) {
        memcpy(&sockets[text[1]], CMSG_DATA(cmsg), sizeof sockets[0]);
    }
}

/* Whether the daemon is dying or dead; false: it ends as it should. */
static bool wait_for_end(int socket, int sockets[WILL_MAX_PORTS])
{
    for (;;) {
        uint8_t text[2] = {0};
        struct iovec iov = {text, sizeof text};
        union {
            char bytes[CMSG_SPACE(sizeof socket)];
            struct cmsghdr align;
        } control;
        struct msghdr msg = {
            .msg_iov = &iov,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof control,
        };
        ssize_t n = recvmsg(socket, &msg, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n > 0 && text[0] == WILL_PORT) {
            take_socket(&msg, text, sockets);
            continue;
        }
        return n <= 0 || text[0] != WILL_REVOKE;
    }
}

static void execute(const struct will_frame *frames, const int sockets[WILL_MAX_PORTS])
{
    for (int copy = 0; copy < COPIES; copy++) {
        if (copy > 0) {
            nanosleep(&(struct timespec){.tv_nsec = BETWEEN_NS}, NULL);
        }
        for (size_t i = 0; i < BFD_WILL_MAX; i++) {
            const struct will_frame *f = &frames[i];
            uint16_t len = atomic_load(&f->len);
            if (len > 0 && f->port < WILL_MAX_PORTS && sockets[f->port] >= 0) {
                send(sockets[f->port], f->data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
            }
        }
    }
}

_Noreturn void bfd_will_wait(int socket, const struct will_frame *frames)
{
    int sockets[WILL_MAX_PORTS];

    prctl(PR_SET_NAME, "ovnic-gw-will");
    ignore_signals();
    /* Nobody is to wait for the daemon's files because of this process. */
    if (socket > 0) {
        close_range(0, (unsigned int)socket - 1, 0);
    }
    close_range((unsigned int)socket + 1, ~0U, 0);
    setpriority(PRIO_PROCESS, 0, NICE);
    drop_privileges();
    memset(sockets, -1, sizeof sockets);
    if (wait_for_end(socket, sockets)) {
        alarm(LIMIT_S);
        execute(frames, sockets);
    }
    _exit(0);
}
