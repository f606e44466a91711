/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(signal_events);

static int pipe_fds[2] = {-1, -1};

/* Only what may be done in a signal handler is done in it. */
static void on_signal(int signum)
{
    int saved = errno;
    ssize_t ignored = write(pipe_fds[1], &(char){(char)signum}, 1);
    (void)ignored; /* a full pipe holds the news already */
    errno = saved;
}

/* A peer that closes its end of a socket while we write is no reason to die. */
void signals_catch(void)
{
    fatal_ignore_sigpipe();
    struct sigaction action = {.sa_handler = on_signal};
    if (pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC) != 0) {
        VLOG_FATAL("cannot create a pipe: %s", ovs_strerror(errno));
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

int signals_fd(void)
{
    return pipe_fds[0];
}

unsigned int signals_take(void)
{
    char signums[64];
    unsigned int events = 0;
    ssize_t n = read(pipe_fds[0], signums, sizeof signums);
    for (ssize_t i = 0; i < n; i++) {
        events |= signums[i] == SIGHUP ? SIGNAL_RELOAD : SIGNAL_EXIT;
    }
    return events;
}
