#!/bin/bash
# A node in a scratch folder, shown in plain words. Everything it makes is gone at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d /var/tmp/holm-demo-XXXXXX)
export HOLM_STATE=$scratch/state HOLM_RUN=/dev/shm/${scratch##*/}
holm=out/holm
daemon=

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ holm %s\n' "$*"; "$holm" "$@"; }
start_daemon() {
  out/holmd 2>>"$scratch/holmd.log" &
  daemon=$!
  for _ in $(seq 100); do [ -S "$HOLM_RUN/unix.socket" ] && "$holm" list >/dev/null 2>&1 && return; sleep 0.05; done
  cat "$scratch/holmd.log" >&2
  exit 1
}
finish() {
  code=$?
  "$holm" app delete --force one two >/dev/null 2>&1 || true
  kill "$daemon" 2>/dev/null && wait "$daemon" 2>/dev/null || true
  [ "$code" -eq 0 ] || { echo "the demo stopped; the daemon said:"; cat "$scratch/holmd.log"; }
  rm -rf --one-file-system "$scratch" "$HOLM_RUN"
}
trap finish EXIT

say "1. A node: one daemon, with its own folders $HOLM_STATE and $HOLM_RUN."
start_daemon
show info

say "2. A real system image (Debian 12 with systemd, 40 MB of SquashFS) is taken in. It stays packed: it is mounted, never unpacked."
show image import out/debian.squashfs --alias debian
show image list

say "3. Two apps from that one image. They share its bytes and nothing else."
show app create one debian --config limits.memory=256MiB
show app create two debian
show app start one two
for app in one two; do
  timeout 120 "$holm" exec "$app" -- sh -c 'until systemctl is-active -q multi-user.target 2>/dev/null; do sleep 0.2; done'
done
show list

say "4. Commands inside: an app is its own host, sees its own processes, and is not root outside."
show exec one -- hostname
show exec one -- sh -c 'grep PRETTY_NAME /etc/os-release; systemctl list-units --type=service --state=running --no-legend --plain'
show exec one -- cat /proc/self/uid_map
show exec two -- sh -c 'echo only two has this > /root/note; cat /root/note'
show exec one -- cat /root/note || echo "(so it is: exit code $?)"

say "5. Its console: what it printed since it started, and a login. (Attach with: holm app attach one; leave with ^P q.)"
# script(1) gives the console a terminal; the keys are: enter, root, enter, a command, and ^P q to leave.
{ sleep 1; printf '\r'; sleep 1; printf 'root\r'; sleep 3; printf 'id; tty; exit\r'; sleep 2; printf '\020q'; sleep 1; } |
  script -qfec "$holm app attach one" /dev/null | tr -d '\r'

say "6. The daemon is killed with kill -9. The apps do not notice."
before=$("$holm" app show one --format json | grep -m1 -o '"pid": *[0-9]*')
kill -9 "$daemon"; wait "$daemon" 2>/dev/null || true
echo "the daemon is gone; init of app one: $before, and it lives: $(ls -d "/proc/${before##*[!0-9]}")"
start_daemon
show list
show exec two -- cat /root/note

say "7. Stopped and deleted: nothing is left behind."
show app stop one two
show app delete one two
echo "mounts of this node left: $(grep -c "$HOLM_RUN" /proc/self/mountinfo || true)"

say "That was: an image in, two isolated apps out, entered, attached to, and living on without their daemon."
