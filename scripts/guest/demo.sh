#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# The guest's side of `make demo`: process 1, on a Debian root that it can't write.

set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/host
export PATH LC_ALL=C.UTF-8 HOME=/root

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mkdir -p /dev/pts && mount -t devpts devpts /dev/pts

say() { printf '\n== %s\n' "$*"; }
off() {
	sync
	exec /host/poweroff
}
fail() {
	say "FAILED: $*"
	tail -5 /tmp/*.log 2>/dev/null
	off
}
lines() { wc -l </tmp/out 2>/dev/null || echo 0; }
# until LINES: the program has printed as many.
until_lines() {
	i=0
	while [ "$(lines)" -lt "$1" ]; do
		sleep 0.1
		i=$((i + 1))
		[ $i -lt 600 ] || fail "the program printed $(lines) of $1 lines in a minute"
	done
}

say "Linux $(uname -r) on $(nproc) CPUs, $(. /etc/os-release && echo "$PRETTY_NAME")"
python3 /host/pi.py 60 0 >/tmp/want </dev/null
say "a real program: $(python3 --version) computes digits of pi, one line each"
setsid python3 /host/pi.py 60 0.1 >/tmp/out 2>&1 </dev/null &
pid=$!
until_lines 20
tail -n 3 /tmp/out

say "cr checkpoint --pid $pid --kill -o /tmp/pi.cr"
cr checkpoint --pid $pid --kill -o /tmp/pi.cr 2>/tmp/checkpoint.log || fail "cr checkpoint"
wait $pid 2>/dev/null
[ ! -e /proc/$pid ] || fail "process $pid is still there"
n=$(lines)
sleep 1
[ "$(lines)" = "$n" ] || fail "the program still prints"
say "process $pid is gone, after $n lines; what is left of it:"
ls -l /tmp/pi.cr
cr info /tmp/pi.cr 2>/tmp/info.log || fail "cr info"

say "cr restart --detach -i /tmp/pi.cr"
cr restart --detach -i /tmp/pi.cr 2>/tmp/restart.log || fail "cr restart"
until_lines $((n + 10))
say "process $pid runs again and goes on where it was:"
sed -n "$((n - 1)),$((n + 3))p" /tmp/out
until_lines 60
say "it has finished; compared with a run that nobody interrupted:"
[ "$(sha256sum </tmp/out)" = "$(sha256sum </tmp/want)" ] || fail "the results differ"
echo "60 of 60 lines are the same"
say "demo: ok"
off
