#!/bin/bash
# Packs the system of an example: Debian's busybox-static, programs of this machine with the libraries they need, and what is in
# EXAMPLE/root.
# Usage: image.sh EXAMPLE OUT.squashfs [PROGRAM…]
set -euo pipefail

example=$(realpath "${1:?usage: image.sh EXAMPLE OUT.squashfs [PROGRAM…]}")
out=${2:?usage: image.sh EXAMPLE OUT.squashfs [PROGRAM…]}
shift 2
tree=$(mktemp -d)
trap 'rm -rf "$tree" "$out.part"' EXIT

mkdir -p "$tree"/{bin,sbin,usr/bin,usr/sbin,etc,dev,proc,sys,run,tmp,mnt,var/lib/misc}
ln -s ../run "$tree/var/run"
chmod 1777 "$tree/tmp"
cp /bin/busybox "$tree/bin/busybox"
/bin/busybox --list | while read -r name; do [ "$name" = busybox ] || ln -s busybox "$tree/bin/$name"; done
ln -s ../bin/busybox "$tree/sbin/init"
printf 'root::0:0:root:/root:/bin/sh\n' > "$tree/etc/passwd"
printf 'root:x:0:\n' > "$tree/etc/group"
for program in "$@"; do
  cp "$(command -v "$program")" "$tree/bin/"
  ldd "$(command -v "$program")" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$tree$(dirname "$library")" && cp -L "$library" "$tree$library"
  done
done
cp -a "$example/root/." "$tree/"
tar -C "$tree" --owner=0 --group=0 --sort=name --mtime=@0 -cf - . | tar2sqfs -q -f "$out.part"
mv "$out.part" "$out"
