#!/bin/busybox sh
# /init of the guest's initial RAM disk (see guest.sh): loads the few modules that a root on virtio needs, then hands over to guest-init.
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs dev /dev
for module in /*.ko; do $bb insmod "$module" || echo "cannot load $module"; done

# A drive is found by its serial number, not by its place.
drive() {
  for disk in /sys/block/vd*; do
    [ "$($bb cat "$disk/serial" 2>/dev/null)" = "$1" ] && echo "/dev/${disk##*/}" && return 0
  done
  return 1
}

$bb mount -t tmpfs -o mode=755 tmpfs /state
$bb mkdir /state/lower /state/upper /state/work
$bb mount -t squashfs -o ro "$(drive root)" /state/lower
$bb mount -t overlay -o lowerdir=/state/lower,upperdir=/state/upper,workdir=/state/work overlay /root
payload=$(drive payload) && $bb mount -t squashfs -o ro "$payload" /root/payload
state=$(drive state) && $bb mount -t ext4 -o relatime "$state" /root/state
for kind in proc sys dev; do $bb mount -o move "/$kind" "/root/$kind"; done
exec $bb switch_root /root /usr/sbin/guest-init
