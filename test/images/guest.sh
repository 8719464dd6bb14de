#!/bin/bash
# Builds what test/Guest.Tests boots in QEMU: Debian 12's own kernel (unpacked, never installed), a small initial RAM disk and a root image
# made of this machine's installed packages, so that Holm's programs find there the very libraries they were linked with.
# Usage: guest.sh      Prints the folder that holds vmlinuz, initrd and root.squashfs; made once for each set of versions, kept in .cache.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache
# What a test can use inside the guest; the libraries they need follow by ldd.
packages=(busybox-static bash dash coreutils util-linux mount iproute2 e2fsprogs lxc liblxc1 liblxc-common squashfs-tools-ng nftables
  dnsmasq-base tar gzip xz-utils zstd jq curl grep sed gawk mawk findutils procps base-files libc-bin acl attr strace)
# What the kernel may load: everything a container host needs, nothing for hardware.
modules=(kernel/net kernel/lib kernel/crypto kernel/drivers/virtio kernel/drivers/block/virtio_blk.ko kernel/drivers/block/loop.ko
  kernel/drivers/char/virtio_console.ko kernel/drivers/net/{virtio_net,net_failover,veth,tun,tap,dummy,ifb,macvlan,macvtap,vrf}.ko
  kernel/drivers/net/{ipvlan,bonding} kernel/fs/{ext4,jbd2,mbcache.ko,squashfs,overlayfs,fuse,quota})
# Loaded by the initial RAM disk, before there is a root.
early=(virtio_pci virtio_blk virtio_console crc32c_generic squashfs overlay ext4 loop quota_v2)

kernel_package() { apt-cache depends --important linux-image-amd64 2>/dev/null | awk '$1 == "Depends:" { print $2; exit }'; }
package=$(kernel_package)
[ -n "$package" ] || { apt-get update -qq >&2 && package=$(kernel_package); }
[ -n "$package" ] || { echo "linux-image-amd64 is not known to apt" >&2; exit 1; }
release=${package#linux-image-}
version=$(apt-cache show --no-all-versions "$package" | awk '$1 == "Version:" { print $2; exit }')

installed() { dpkg-query -W -f='${Package} ${Version}\n' "${packages[@]}" libc6 2>/dev/null || true; }
key=$({ cat "$here"/guest*.sh; echo "$package $version"; installed; } | sha256sum | cut -c1-16)
kept="$cache/guest-$key"
[ -s "$kept/root.squashfs" ] && { echo "$kept"; exit 0; }

# One build at a time; whoever waited finds it done.
mkdir -p "$cache"
exec 9>"$cache/guest.lock"
flock 9
[ -s "$kept/root.squashfs" ] && { echo "$kept"; exit 0; }
work=$(mktemp -d "$cache/guest.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{kernel,root,early,done}

kernel() {
  deb=$(find "$cache" -maxdepth 1 -name "${package}_${version//:/%3a}_*.deb" -print -quit)
  if [ -z "$deb" ]; then
    (cd "$work" && apt-get download -qq "$package=$version" >&2)
    mv "$work"/*.deb "$cache/"
    deb=$(find "$cache" -maxdepth 1 -name "${package}_${version//:/%3a}_*.deb" -print -quit)
  fi
  base="./lib/modules/$release"
  dpkg-deb --fsys-tarfile "$deb" |
    tar -C "$work/kernel" -xf - "./boot/vmlinuz-$release" "$base/modules.order" "$base/modules.builtin" "$base/kernel"
  mkdir -p "$work/root/usr/lib/modules/$release"
  (cd "$work/kernel/lib/modules/$release" && printf "%s\n" "${modules[@]}" |
    tar -cf - -T - modules.order modules.builtin) | tar -C "$work/root/usr/lib/modules/$release" -xf -
  mkdir -p "$work/depmod/lib" && ln -s ../../root/usr/lib/modules "$work/depmod/lib/modules"
  busybox depmod -b "$work/depmod" "$release"
  cp "$work/kernel/boot/vmlinuz-$release" "$work/done/vmlinuz"
}

# Prints the files of a module and of all it needs, needed ones first; modules.dep lists them nearest first.
with_needs() {
  awk -v name="$1.ko" -F: '{ n = split($1, p, "/") } p[n] == name { c = split($2, d, " "); while (c) print d[c--]; print $1; exit }' \
    "$work/root/usr/lib/modules/$release/modules.dep"
}

initrd() {
  mkdir -p "$work/early"/{bin,dev,proc,sys,lower,state,root}
  cp /bin/busybox "$work/early/bin/busybox"
  for name in "${early[@]}"; do with_needs "$name"; done | awk '!seen[$0]++' > "$work/order"
  i=100
  while read -r path; do
    cp "$work/root/usr/lib/modules/$release/$path" "$work/early/$i-$(basename "$path")"
    i=$((i + 1))
  done < "$work/order"
  cp "$here/guest-initrd.sh" "$work/early/init"
  chmod 755 "$work/early/init"
  (cd "$work/early" && find . | sort | cpio --quiet -R 0:0 -o -H newc) | gzip -1n > "$work/done/initrd"
}

root() {
  # Names of the packages' files, with the four merged folders resolved, plus the libraries of every program among them.
  { dpkg-query -L "${packages[@]}" 2>/dev/null || true; } | sed -E 's,^/(bin|sbin|lib|lib64)/,/usr/\1/,' |
    grep -E '^/(usr/(bin|sbin|lib|lib64|libexec|share/lxc)|etc)/' | grep -vE '/(doc|man|locale|perl5|systemd|python3)/' | sort -u |
    while read -r path; do { [ -f "$path" ] || [ -L "$path" ]; } && echo "$path"; done > "$work/files" || true
  { grep -E '^/usr/(bin|sbin|lib|libexec)' "$work/files" | xargs ldd 2>/dev/null || true; } | grep -oE '/[^ )]+\.so[^ )]*' |
    sed -E 's,^/(lib|lib64)/,/usr/\1/,' | sort -u > "$work/libraries"
  printf '%s\n' /usr/lib/x86_64-linux-gnu/lib{nss_files.so.2,nss_dns.so.2,stdc++.so.6,gcc_s.so.1,z.so.1} \
    /usr/lib/x86_64-linux-gnu/lib{ssl.so.3,crypto.so.3} /usr/lib64/ld-linux-x86-64.so.2 >> "$work/libraries"
  while read -r path; do
    while [ -L "$path" ]; do
      echo "$path"
      target=$(readlink "$path")
      case "$target" in /*) ;; *) target=${path%/*}/$target ;; esac
      path=$(realpath -sm "$target" | sed -E 's,^/(bin|sbin|lib|lib64)/,/usr/\1/,')
    done
    [ ! -f "$path" ] || echo "$path"
  done < <(cat "$work/files" "$work/libraries") | sort -u | sed 's,^/,,' > "$work/all"
  tar -C / --ignore-failed-read --no-recursion -cf - -T "$work/all" | tar -C "$work/root" -xf -
  mkdir -p "$work/root"/{etc,proc,sys,dev,run,tmp,root,var/{lib,log,cache,tmp},mnt,payload,state}
  for name in bin sbin lib lib64; do ln -sfn "usr/$name" "$work/root/$name"; done
  busybox --list-full | while read -r path; do
    name=${path##*/}
    [ -e "$work/root/usr/bin/$name" ] || [ -e "$work/root/usr/sbin/$name" ] || ln -s /usr/bin/busybox "$work/root/usr/sbin/$name"
  done
  chmod 1777 "$work/root/tmp"
  printf '%s\n' root::0:0:root:/root:/bin/bash nobody:x:65534:65534:nobody:/:/bin/false dnsmasq:x:101:65534::/:/bin/false \
    > "$work/root/etc/passwd"
  printf 'root:x:0:\ntty:x:5:\nholm:x:900:\nnogroup:x:65534:\n' > "$work/root/etc/group"
  printf '127.0.0.1\tlocalhost\n' > "$work/root/etc/hosts"
  echo guest > "$work/root/etc/hostname"
  install -m 755 "$here/guest-init.sh" "$work/root/usr/sbin/guest-init"
  chroot "$work/root" /usr/sbin/ldconfig
  tar -C "$work/root" --sort=name --owner=0 --group=0 --numeric-owner -cf - . |
    tar2sqfs --quiet --force --compressor lz4 "$work/done/root.squashfs"
}

kernel
initrd
root
# A guest that runs from an older one holds its files open.
rm -rf "$cache"/guest-*
mv -T "$work/done" "$kept"
echo "$kept"
