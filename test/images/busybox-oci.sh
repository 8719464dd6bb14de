#!/bin/bash
# Builds an image of the OCI world: Debian's busybox-static, users, and a config that says a little of everything. An OCI archive.
# Usage: busybox-oci.sh OUT.tar
set -euo pipefail

out=${1:?usage: busybox-oci.sh OUT.tar}
work=$(mktemp -d)
trap 'rm -rf "$work" "$out.part"' EXIT

tree=$work/tree
mkdir -p "$tree"/{bin,etc,tmp,root,home/app,proc,sys,dev,var,data}
chmod 1777 "$tree/tmp"
/bin/busybox --list | while read -r name; do ln -sf busybox "$tree/bin/$name"; done
rm "$tree/bin/busybox" && cp /bin/busybox "$tree/bin/busybox"
printf 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:App:/home/app:/bin/sh\n' > "$tree/etc/passwd"
printf 'root:x:0:\napp:x:1000:\nextra:x:77:app\n' > "$tree/etc/group"
printf 'not a program\n' > "$tree/bin/text" && chmod 755 "$tree/bin/text"
printf 'secret\n' > "$tree/bin/locked" && chmod 600 "$tree/bin/locked"
chown -R 1000:1000 "$tree/home/app" "$tree/data"

umoci init --layout "$work/image"
umoci new --image "$work/image:latest"
tar -C "$tree" --sort=name --mtime=@0 -cf "$work/layer.tar" .
umoci raw add-layer --image "$work/image:latest" "$work/layer.tar"
umoci config --image "$work/image:latest" --config.entrypoint /bin/sh --config.cmd -c \
  --config.cmd 'echo "started as $(id -u):$(id -g) in $(pwd) with $FOO"; trap "echo stopped; exit 0" USR1; while :; do sleep 0.1; done' \
  --config.workingdir /srv/dir --config.user app --config.env FOO=bar --config.env EMPTY= \
  --config.stopsignal SIGUSR1 --config.exposedports 80/tcp --config.volume /data --config.label org.example=yes
skopeo copy -q --insecure-policy "oci:$work/image:latest" "oci-archive:$out.part:docker.io/tools/busybox:latest"
mv "$out.part" "$out"
