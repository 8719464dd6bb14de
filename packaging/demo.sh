#!/bin/bash
# A node in a scratch folder, shown in plain words. Everything it makes is gone at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d /var/tmp/holm-demo-XXXXXX)
export HOLM_STATE=$scratch/state HOLM_RUN=/dev/shm/${scratch##*/}
holm=out/holm
daemon= registry=

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ holm %s\n' "$*"; "$holm" "$@"; }
wrong() { echo "demo: $*" >&2; exit 1; }
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
  for pid in $registry $daemon; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
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
if show exec one -- cat /root/note; then wrong "app one sees what app two wrote"; else echo "(so it is: exit code $?)"; fi

say "5. Its console: what it printed since it started, and a login. (Attach with: holm app attach one; leave with ^P q.)"
# script(1) gives the console a terminal; the keys are: enter, root, enter, a command, and ^P q to leave.
{ sleep 1; printf '\r'; sleep 1; printf 'root\r'; sleep 3; printf 'id; tty; exit\r'; sleep 2; printf '\020q'; sleep 1; } |
  script -qfec "$holm app attach one" /dev/null | tr -d '\r'

say "6. The daemon is killed with kill -9. The apps do not notice."
before=$("$holm" app show one --format json | grep -m1 -o '"pid": *[0-9]*')
kill -9 "$daemon"; wait "$daemon" 2>/dev/null || true
[ -d "/proc/${before##*[!0-9]}" ] || wrong "app one died with the daemon"
echo "the daemon is gone; init of app one: $before, and it lives: $(ls -d "/proc/${before##*[!0-9]}")"
start_daemon
show list
show exec two -- cat /root/note

say "7. Any image as a command of this host. First a registry, here on loopback, with an image of busybox in it."
# In memory, on a port that the kernel chooses.
printf 'version: 0.1\nstorage: {inmemory: {}}\nhttp: {addr: "127.0.0.1:0"}\n' > "$scratch/registry.yml"
docker-registry serve "$scratch/registry.yml" >"$scratch/registry.log" 2>&1 &
registry=$!
until host=$(grep -o -m1 '127\.0\.0\.1:[1-9][0-9]*' "$scratch/registry.log"); do kill -0 "$registry" || wrong "no registry"; sleep 0.1; done
test/images/busybox-oci.sh "$scratch/busybox.tar" >/dev/null
skopeo copy -q --insecure-policy --dest-tls-verify=false "oci-archive:$scratch/busybox.tar" "docker://$host/tools/busybox"
show configure registry "$host" insecure
show pull "$host/tools/busybox"
show flake register box --image busybox --app "$scratch/bin/upper=/bin/tr" --app "$scratch/bin/box=/bin/sh" --run-as root

say "8. The command in a pipe: the host's words in, the image's program, the host's words out. And its exit code."
PATH=$scratch/bin:$PATH
echo '$ echo words of the host | upper a-z A-Z | rev'
answer=$(echo words of the host | upper a-z A-Z | rev)
echo "$answer"
[ "$answer" = "TSOH EHT FO SDROW" ] || wrong "that is not what tr says"
echo "\$ box -c 'hostname; cat /proc/self/uid_map; exit 3'"
code=0 && box -c 'hostname; cat /proc/self/uid_map; exit 3' || code=$?
[ "$code" -eq 3 ] && echo "(its exit code: 3)" || wrong "exit code $code instead of 3"
for _ in $(seq 100); do apps=$("$holm" list --format csv | tail -n +2 | wc -l); [ "$apps" -gt 2 ] || break; sleep 0.1; done
[ "$apps" -eq 2 ] || wrong "a call has left an instance"
show flake remove box
if [ -e "$scratch/bin/box" ]; then wrong "the command is still there"; else echo "the commands are gone from the host"; fi

say "9. Stopped and deleted: nothing is left behind."
show app stop one two
show app delete one two
# What a call stood on stays two seconds for the next one.
for _ in $(seq 60); do
  left=$(grep -c "$HOLM_RUN" /proc/self/mountinfo || true)
  [ "$left" -ne 0 ] || break
  sleep 0.1
done
echo "mounts of this node left: $left"
[ "$left" -eq 0 ] || wrong "mounts are left"

say "That was: an image in, two isolated apps out, living on without their daemon; and a command out of a registry, gone without a trace."
