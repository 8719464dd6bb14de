#!/usr/bin/busybox sh
# pid 1 of the Debian-kernel guest (see guest.sh). It prepares what systemd would have (pure cgroup v2, devpts, /run), then runs the
# commands that Guest.cs sends through the virtio port, one after the other:
#   host to guest    ID SECONDS BASE64-OF-A-SCRIPT newline
#   guest to host    ID EXIT-CODE BYTES newline, then that many bytes of what it wrote (both streams as they came)
# A script that is not done in time is killed and answers 137. The port's end of file means that the host is gone: power off.
export PATH=/payload/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root TERM=dumb LANG=C.UTF-8
mkdir -p /dev/pts /dev/shm
mount -t securityfs securityfs /sys/kernel/security
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
ln -sfn /proc/self/fd /dev/fd
mount --make-rshared /
hostname guest
ip link set lo up
echo /sbin/modprobe > /proc/sys/kernel/modprobe
for module in virtio_net bridge 8021q; do modprobe -q "$module"; done
mkdir -p /run/guest
# pid 1 alone sits in the root cgroup; what it runs goes below, so that controllers can be given out everywhere.
mkdir /sys/fs/cgroup/tests
echo "+cpu +memory +pids +io +cpuset" > /sys/fs/cgroup/cgroup.subtree_control

port=/dev/vport0p1
for found in /sys/class/virtio-ports/*; do
  [ "$(cat "$found/name")" = guest ] && port=/dev/${found##*/}
done
exec 3<>"$port"
echo "ready" >&3
while read -r id seconds script <&3; do
  echo "$script" | base64 -d > /run/guest/script
  # The real timeout, which kills the whole process group; busybox's kills one process. The subshell keeps
  # this shell's own word about a killed child out of the output.
  (exec /usr/bin/timeout -s KILL "$seconds" /usr/bin/bash -c 'echo $$ > /sys/fs/cgroup/tests/cgroup.procs; exec bash /run/guest/script' \
    < /dev/null > /run/guest/output 2>&1 3>&-)
  code=$?
  bytes=$(stat -c %s /run/guest/output)
  { echo "$id $code $bytes"; head -c "$bytes" /run/guest/output; } >&3
done
poweroff -f
