#!/bin/bash
# Builds a real full system: Debian 12 with systemd, a login on its console (root, no password) and DHCP on eth0.
# Usage: debian.sh OUT.squashfs      Made once for each version of this file and kept in .cache; DEBIAN_MIRROR names another mirror.
set -euo pipefail

out=${1:?usage: debian.sh OUT.squashfs}
top=$(cd "$(dirname "$0")/../.." && pwd)
key=$(sha256sum "$0" | cut -c1-16)
kept="$top/.cache/debian-$key.squashfs"

build() {
  tree=$(mktemp -d "$top/.cache/debian.XXXXXX")
  trap 'rm -rf "$tree" "$kept.$$"' EXIT
  # It becomes the image's /, which everybody inside must be able to enter.
  chmod 755 "$tree"

  debootstrap --variant=minbase --foreign --include=systemd-sysv,iproute2 bookworm "$tree" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
  # A cut of the power during a build costs only a second build: no fsync after each package.
  mkdir -p "$tree/etc/dpkg/dpkg.cfg.d"
  echo force-unsafe-io > "$tree/etc/dpkg/dpkg.cfg.d/build"
  DEBIAN_FRONTEND=noninteractive chroot "$tree" /debootstrap/debootstrap --second-stage
  rm -f "$tree/etc/dpkg/dpkg.cfg.d/build"

  sed -i 's/^root:[^:]*:/root::/' "$tree/etc/passwd" "$tree/etc/shadow"
  # Without this file systemd keeps the name that the host gave.
  rm -f "$tree/etc/hostname"
  printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n' > "$tree/etc/hosts"
  printf '[Match]\nName=eth0\n\n[Network]\nDHCP=yes\n' > "$tree/etc/systemd/network/eth0.network"
  # An empty machine-id makes systemd write one at the first boot without asking anything.
  : > "$tree/etc/machine-id"
  chroot "$tree" systemctl enable --quiet systemd-networkd.service console-getty.service
  # These wait for, or look for, hardware that a container has not.
  chroot "$tree" systemctl mask --quiet systemd-networkd-wait-online.service e2scrub_reap.service systemd-firstboot.service

  tar -C "$tree" --sort=name --format=gnu --numeric-owner --xattrs --xattrs-include='security.*' \
    --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*' \
    --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude='./var/log/*.log' --exclude='./dev/*' -cf - . |
    tar2sqfs --quiet --force --compressor zstd --comp-extra level=3 "$kept.$$"
  rm -f "$top"/.cache/debian-*.squashfs
  mv "$kept.$$" "$kept"
}

# One build at a time; whoever waited finds it done.
mkdir -p "$top/.cache"
exec 9>"$top/.cache/debian.lock"
flock 9
[ -s "$kept" ] || build >&2
cp --reflink=auto "$kept" "$out"
