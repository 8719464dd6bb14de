#!/bin/sh
# A virtual router, as the unmodified lxc client makes it: on the WAN port it is a DHCP client, on the LAN port a DHCP server, and what
# goes out is masqueraded. Both ports stay the host's: macvlan puts an interface with an address of its own on each.
# Usage: setup.sh IMAGE WAN LAN      for example: setup.sh router.squashfs eth2 eth3
set -eu

holm image import "${1:?usage: setup.sh IMAGE WAN LAN}" --alias router
lxc profile create router
lxc profile edit router <<END
description: a virtual router between $2 and $3
config:
  boot.autostart: "true"
devices:
  root: {type: disk, path: /, pool: ram}
  eth0: {type: nic, nictype: macvlan, parent: $2, name: eth-wan}
  eth1: {type: nic, nictype: macvlan, parent: $3, name: eth-lan}
END
lxc launch router router -p router
