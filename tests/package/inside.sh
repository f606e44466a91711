#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs inside the booted root: what a new user does after installing the package.
exec >/package-check.log 2>&1
set -eu

expect() { # WHAT EXPECTED GOT
    [ "$2" = "$3" ] || { echo "$1: expected \"$2\", got \"$3\"" && exit 1; }
}

on_exit() {
    status=$?
    [ $status = 0 ] || journalctl --no-pager -u ovnic-gw | tail -n 40
}
trap on_exit EXIT

systemctl start ovnic-gw
expect "without a configuration" inactive "$(systemctl is-active ovnic-gw || true)"

ip link add eth1 type veth peer name wire
ip link set eth1 up
ip link set wire up
cat >/etc/ovnic-gw/ovnic-gw.conf <<'CONF'
[chassis]
name = gw1
encap-ip = 192.0.2.21
[ovn]
southbound = tcp:127.0.0.1:6642
ic-southbound = tcp:127.0.0.1:6646
[port uplink]
device = net_af_packet0,iface=eth1
host-interface = ovnic-uplink
address = 192.0.2.21/24
CONF
systemctl start ovnic-gw # Type=notify: returns when the daemon has said that it is ready
expect "state" active "$(systemctl is-active ovnic-gw)"
pid=$(systemctl show -P MainPID ovnic-gw)
expect "user" ovnic-gw "$(ps -o user:20= -p "$pid" | tr -d ' ')"
ovnic-gw-ctl status
ip -br address show dev ovnic-uplink
expect "address" 192.0.2.21/24 "$(ip -br address show dev ovnic-uplink | grep -o '192[^ ]*')"

kill -9 "$pid"
until [ "$(systemctl show -P MainPID ovnic-gw)" != "$pid" ] &&
    [ "$(systemctl is-active ovnic-gw)" = active ]; do
    sleep 0.2
done
echo "started again after kill -9"

logrotate -f /etc/logrotate.d/ovnic-gw 2>/dev/null || true
systemctl stop ovnic-gw
expect "after stop" inactive "$(systemctl is-active ovnic-gw || true)"
expect "result" success "$(systemctl show -P Result ovnic-gw)"
systemd-analyze security --no-pager ovnic-gw | tail -n 1
echo "all good"
