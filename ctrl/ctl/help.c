/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "help.h"

#include <stdio.h>
#include <string.h>

#include "util.h"

static const struct help commands[] = {
    {"status", "", "databases, claimed ports, links, and what is wrong now",
     "Look at \"problems\" first: each names the command that says more.\n"
     "\n"
     "  ovnic-gw-ctl status\n"
     "  ovnic-gw-ctl status --json | jq .problems\n"},
    {"show", "", "transit switches, routers, gateways, and what is not on the fast path",
     "Reads like `ovn-ic-sbctl show`.  After a chassis, in brackets: \"here\" is this\n"
     "gateway, \"standby\" is a port that it may come to hold, \"local\" and \"remote\"\n"
     "are chassis of this zone and of others.\n"},
    {"stats", "[--watch [SECONDS]]", "packets of each worker, drops and slow path by reason",
     "--watch shows rates instead, anew every SECONDS (1) until interrupted.\n"
     "\n"
     "  ovnic-gw-ctl stats --watch\n"
     "  ovnic-gw-ctl stats --watch 10\n"},
    {"ports", "", "network ports: link, MAC address, MTU, counters of the driver", ""},
    {"peers", "", "other chassis: address, packets, BFD, next hop towards them",
     "Packets received include those that were dropped afterwards or left to the slow\n"
     "path; those that the slow path sent are not among the packets sent.  BFD's are\n"
     "counted by themselves.  --json has bytes, too.\n"},
    {"bfd", "", "BFD sessions with hypervisors and fellow gateways", ""},
    {"routes", "ROUTER", "where packets go that reach the router from other zones",
     "ROUTER is a name, a VNI or the UUID of the Datapath_Binding.\n"
     "\n"
     "  ovnic-gw-ctl routes lr1\n"},
    {"lookup", "DATAPATH DESTINATION", "the table entry that a destination meets",
     "DATAPATH is a name, a VNI or the UUID of the Datapath_Binding; DESTINATION an IP\n"
     "address, or a MAC address in a switch.\n"
     "\n"
     "  ovnic-gw-ctl lookup lr1 10.1.0.10\n"
     "  ovnic-gw-ctl lookup ts1 aa:aa:aa:aa:aa:02\n"},
    {"drops", "", "each reason for drops: counter, rate, what it means, what to do",
     "The rate is that of the last 5 to 10 seconds.\n"},
    {"trace", "[--all] [--length BYTES] PACKET | --live [FILTER] [-n N] [--seconds S]",
     "what becomes of a packet, by which flow and table entry",
     "PACKET is an expression as for ovn-trace, or an outer frame in hexadecimal.\n"
     "--pcap FILE --packet N takes the frame from a capture.  --all shows stages that\n"
     "only go on, too.  --live shows actual packets, with a filter of pcap-filter(7).\n"
     "\n"
     "  ovnic-gw-ctl trace 'inport == \"ts1-lr2\" && ip4.dst == 10.1.0.10 && icmp4'\n"
     "  ovnic-gw-ctl trace --pcap drops.pcapng --packet 1\n"
     "  ovnic-gw-ctl trace --live 'geneve and host 10.1.0.10' -n 5\n"},
    {"capture", "FILE [OPTION]... | --stop", "what is received, sent and dropped, as pcapng",
     "For Wireshark; a drop has its reason as comment.  FILE is an absolute path, or a\n"
     "name in /var/log/ovnic-gw; it must not exist yet.\n"
     "  --filter F          as in pcap-filter(7), on outer frames; `geneve and ...` inside\n"
     "  --rx, --tx, --drops only these (default: all)\n"
     "  --count N           packets at most (10000)\n"
     "  --seconds S         time at most (60)\n"
     "  --size MIB          of the file at most (64)\n"
     "  --snaplen BYTES     of each packet (2048)\n"
     "  --stop              ends the capture that runs\n"
     "\n"
     "  ovnic-gw-ctl capture drops.pcapng --drops --seconds 10\n"},
    {"list-unsupported", "", "destinations not on the fast path, and the flow that is why", ""},
    {"log", "[ENTRIES]", "the last changes of state (50), oldest first",
     "The whole log is with journald, or where --log-file says.\n"
     "\n"
     "  ovnic-gw-ctl log 200\n"},
    {"drain", "", "leave the work to other gateways; status says how far it is", ""},
    {"undrain", "", "take part again", ""},
    {"reload", "", "read the configuration file again; says what needs a restart",
     "What can be applied without losing a packet is applied: databases, credentials,\n"
     "addresses but those of tunnels, metrics.  A bad file changes nothing; the answer names line\n"
     "and reason, and the exit status is 2.  SIGHUP does the same.\n"},
    {"exit", "[--restart]", "drain, then end the daemon; --restart: end it, rows stay", ""},
    {"import", "kube-ovn FILE | ovs [FILE]", "a configuration file out of what is there already",
     "Writes it to the standard output, with what it cannot carry over as comments, and\n"
     "says what is missing.  Asks no daemon.  FILE is the output of\n"
     "  kubectl -n kube-system get configmap ovn-ic-config -o yaml\n"
     "  ovs-vsctl --format=json list Open_vSwitch\n"
     "or -, the standard input; without one, the local Open vSwitch is asked.\n"
     "\n"
     "  ovnic-gw-ctl import ovs >/etc/ovnic-gw/ovnic-gw.conf\n"},
    {"version", "", "version of the daemon and of Open vSwitch's library", ""},
    {"vlog/set", "[MODULE:DESTINATION:LEVEL]", "log levels, as with Open vSwitch",
     "  ovnic-gw-ctl vlog/set gateway:file:dbg\n"},
    {"list-commands", "", "everything that the daemon understands", ""},
};

const struct help *help_at(size_t i)
{
    return i < ARRAY_SIZE(commands) ? &commands[i] : NULL;
}

const struct help *help_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (!strcmp(commands[i].name, name)) {
            return &commands[i];
        }
    }
    return NULL;
}

void help_print(void)
{
    printf("Asks a running ovnic-gw, or tells it what to do.\n"
           "\n"
           "usage: ovnic-gw-ctl [OPTION]... COMMAND [ARGUMENT]...\n"
           "\n"
           "Commands:\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        char *call = xasprintf("%s %s", commands[i].name, commands[i].args);
        printf("  %-27s %s%s\n", call, strlen(call) > 27 ? "\n                              " : "",
               commands[i].summary);
        free(call);
    }
    printf("\n"
           "Options:\n"
           "  -t, --target=PATH   unixctl socket of the daemon\n"
           "                      (default: " CTL_DEFAULT_TARGET ")\n"
           "  -j, --json          answer in JSON\n"
           "  -T, --timeout=SECS  give up after SECS seconds\n"
           "  -h, --help          this text; COMMAND --help: more about a command\n"
           "  -V, --version       version of this program\n"
           "\n"
           "Colours are for terminals only, and not with NO_COLOR in the environment.\n"
           "`ovs-appctl -t PATH COMMAND` does the same.\n"
           "\n"
           "Examples:\n"
           "  ovnic-gw-ctl status                  is everything well?\n"
           "  ovnic-gw-ctl drops                   what is lost, and why\n"
           "  ovnic-gw-ctl lookup lr1 10.1.0.10    where would it go?\n"
           "\n"
           "Exit status: 0, or 1 if the daemon was not reached or the call was wrong,\n"
           "2 if the daemon refused the command.\n");
}

void help_print_command(const struct help *help)
{
    printf("usage: ovnic-gw-ctl [OPTION]... %s%s%s\n\n%s.\n", help->name, *help->args ? " " : "",
           help->args, help->summary);
    if (*help->more != '\0') {
        printf("\n%s", help->more);
    }
}
