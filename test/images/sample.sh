#!/bin/bash
# Builds the sample image: a small system of one program, Debian's busybox-static, with a console login (root, no password),
# DHCP on eth0 once there is one, and a web server on port 80.
# Usage: sample.sh OUT.squashfs | OUT.tar.gz      The same input gives the same bytes.
set -euo pipefail

out=${1:?usage: sample.sh OUT.squashfs | OUT.tar.gz}
busybox=/bin/busybox
tree=$(mktemp -d)
trap 'rm -rf "$tree" "$out.part"' EXIT

mkdir -p "$tree"/{bin,sbin,usr/bin,usr/sbin,etc/init.d,dev,proc,sys,run,tmp,mnt,media,home,root,var/log,var/tmp,var/www,usr/share/udhcpc}
ln -s ../run "$tree/var/run"
cp "$busybox" "$tree/bin/busybox"
"$busybox" --list-full | while read -r path; do
  # Debian lists `linuxrc` at the top and init below sbin; everything points to the one program.
  [ "$path" = bin/busybox ] || ln -sf /bin/busybox "$tree/$path"
done
ln -sf /bin/busybox "$tree/sbin/init"

cat > "$tree/etc/inittab" <<'END'
# BusyBox init: SIGUSR2 powers off, SIGTERM reboots. Nothing is mounted here: the host gives /proc, /sys and /dev.
::sysinit:/etc/init.d/start
::respawn:/etc/init.d/network
::respawn:/bin/busybox httpd -f -p 80 -h /var/www
console::respawn:/bin/busybox getty -L 115200 console vt100
::ctrlaltdel:/sbin/reboot
END

cat > "$tree/etc/init.d/start" <<'END'
#!/bin/sh
# The host names this system; the files follow, where the root can be written.
{
  ip link set lo up
  name=$(hostname)
  echo "$name" > /etc/hostname
  printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\t%s\n' "$name" > /etc/hosts
} 2>/dev/null
exit 0
END

cat > "$tree/etc/init.d/network" <<'END'
#!/bin/sh
# An interface may be given to this system long after its start.
until [ -e /sys/class/net/eth0 ]; do sleep 2; done
exec udhcpc -f -i eth0 -t 4 -T 1 -A 3 -x "hostname:$(hostname)" -s /usr/share/udhcpc/default.script >/dev/null 2>&1
END

cat > "$tree/usr/share/udhcpc/default.script" <<'END'
#!/bin/sh
# Called by udhcpc with what happened in $1 and the lease in the environment.
case "$1" in
deconfig)
  ip link set "$interface" up
  ip -4 addr flush dev "$interface"
  ;;
bound | renew)
  ip -4 addr replace "$ip/$mask" dev "$interface"
  for gateway in $router; do
    ip route replace default via "$gateway" dev "$interface"
    break
  done
  {
    [ -z "$domain" ] || echo "search $domain"
    for server in $dns; do echo "nameserver $server"; done
  } > /etc/resolv.conf
  ;;
esac
END
chmod 755 "$tree"/etc/init.d/* "$tree/usr/share/udhcpc/default.script"

echo 'root::0:0:root:/root:/bin/sh' > "$tree/etc/passwd"
echo 'nobody:x:65534:65534:nobody:/:/bin/false' >> "$tree/etc/passwd"
printf 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n' > "$tree/etc/group"
echo 'sample' > "$tree/etc/hostname"
printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n' > "$tree/etc/hosts"
: > "$tree/etc/resolv.conf"
printf '\nHolm sample system on \\n\n' > "$tree/etc/issue"
echo 'This is the Holm sample: BusyBox init, DHCP on eth0, a web server on port 80.' > "$tree/etc/motd"
printf 'NAME="Holm sample"\nID=holm-sample\nVERSION_ID=1\nPRETTY_NAME="Holm sample system"\n' > "$tree/etc/os-release"
cat > "$tree/etc/profile" <<'END'
export PATH=/sbin:/usr/sbin:/bin:/usr/bin
export PS1='\h:\w\$ '
END
echo '<!doctype html><title>Holm sample</title><h1>It runs.</h1>' > "$tree/var/www/index.html"

find "$tree" -type d -exec chmod 755 {} +
find "$tree" -type f ! -perm -100 -exec chmod 644 {} +
chmod 700 "$tree/root"
chmod 1777 "$tree/tmp" "$tree/var/tmp"
chmod 755 "$tree/bin/busybox"

pack() {
  tar -C "$tree" --sort=name --format=gnu --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - .
}
case "$out" in
*.tar.gz) pack | gzip -9n > "$out.part" ;;
*) pack | tar2sqfs --quiet --force --compressor zstd "$out.part" ;;
esac
mv "$out.part" "$out"
