#!/bin/bash
# The one door to this repository.
#   ./do build                    leaves the programs in out/
#   ./do test [--soak] [NAME]     installs what is missing, builds, runs every test (or the projects whose name holds NAME)
#   ./do demo                     a node in a scratch folder, shown in plain words
#   ./do bench [NAME]             measures; medians and ratios; also in artifacts/bench.json
#   ./do check                    formatting, analyzers, tidy rules
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Needed on a device that runs Holm; the daemon names each of them where it is missing.
runtime_packages=(liblxc1 squashfs-tools-ng dnsmasq-base nftables udhcpc libedit2 libssl3)
# Needed to build.
build_packages=(gcc libc6-dev zlib1g-dev lxc-dev musl-tools)
# Needed to test and to show: real peers, image sources, the emulated machine with Debian's own kernel.
test_packages=(lxc busybox-static debootstrap qemu-system-x86 squashfs-tools e2fsprogs iproute2 zstd xz-utils cpio jq curl acl attr procps
  git bsdutils strace lxd lxd-client libedit-dev docker-registry skopeo umoci buildah podman apache2-utils openssl
  python3-pylxd lxd-tools)
# Debian's node; one from elsewhere brings npm along, and Debian's npm cannot stand beside it.
node_packages=(nodejs npm)

main() {
  verb=${1:-help}
  [ $# -eq 0 ] || shift
  case "$verb" in
  build | test | demo | bench | check) "do_$verb" "$@" ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' do
    [ "$verb" = help ]
    ;;
  esac
}

# Installs the packages among its arguments that are missing; one apt-get update, also where the lists are empty.
install() {
  missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing: ${missing[*]}"
  apt-get install --dry-run -qq "${missing[@]}" >/dev/null 2>&1 || apt-get update -qq
  # dnsmasq and lxc bring services with them that must not start: Holm starts what it needs.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

need_dotnet() {
  command -v dotnet >/dev/null || [ ! -x "$HOME/.dotnet/dotnet" ] || export PATH="$HOME/.dotnet:$PATH"
  command -v dotnet >/dev/null || {
    echo "the .NET SDK 10.0 is missing: https://learn.microsoft.com/dotnet/core/install/linux-debian" >&2
    exit 1
  }
}

# True when $1 is missing or older than a file below one of the other paths.
stale() {
  target=$1
  shift
  [ ! -e "$target" ] ||
    [ -n "$(find "$@" Directory.Build.props Directory.Packages.props global.json -newer "$target" -type f -print -quit)" ]
}

publish() { # PROJECT PROGRAM SOURCES…
  project=$1 program=$2
  shift 2
  stale "out/$program" "$@" || return 0
  echo "building $program"
  dotnet publish "src/$project" -c Release -r linux-x64 -p:HolmAot=true -o "artifacts/out/$program" -v quiet
  install_program "artifacts/out/$program/$program" "out/$program"
}

# By rename, so that a running program keeps its file.
install_program() { cp "$1" "$2.part" && mv "$2.part" "$2" && touch "$2"; }

do_build() {
  install "${runtime_packages[@]}" "${build_packages[@]}"
  need_dotnet
  mkdir -p out
  common="src/Holm.Config src/Holm.Contract src/Holm.Linux"
  # shellcheck disable=SC2086
  {
    publish Holm.Node holmd src/Holm.Node src/Holm.Images $common
    publish Holm.Cli holm src/Holm.Cli $common
    publish Holm.Launch holm-launch src/Holm.Launch src/Holm.Contract src/Holm.Linux
  }
  if stale out/holm-monitor src/native; then
    echo "building holm-monitor"
    gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o out/holm-monitor.part src/native/monitor.c -llxc
    strip out/holm-monitor.part && mv out/holm-monitor.part out/holm-monitor
  fi
  if stale out/holm-init src/native; then
    echo "building holm-init"
    musl-gcc -std=gnu11 -Os -static -Wall -Wextra -Werror -o out/holm-init.part src/native/init.c src/native/shepherd.c
    strip out/holm-init.part && mv out/holm-init.part out/holm-init
  fi
  if stale out/holm-proxy src/native; then
    echo "building holm-proxy"
    musl-gcc -std=gnu11 -Os -static -Wall -Wextra -Werror -o out/holm-proxy.part src/native/proxy.c
    strip out/holm-proxy.part && mv out/holm-proxy.part out/holm-proxy
  fi
  # Called by that name, it takes flake-pilot's command lines.
  ln -sfn holm out/flake-ctl
  if stale out/sample.squashfs test/images/sample.sh; then test/images/sample.sh out/sample.squashfs; fi
}

debian_image() {
  if stale out/debian.squashfs test/images/debian.sh; then
    echo "building a Debian 12 system image (once, some minutes)"
    test/images/debian.sh out/debian.squashfs
  fi
}

do_demo() {
  install debootstrap bsdutils busybox-static docker-registry skopeo umoci
  do_build
  debian_image
  exec packaging/demo.sh "$@"
}

do_test() {
  export HOLM_SOAK=
  [ "${1:-}" != --soak ] || { HOLM_SOAK=1 && shift; }
  name=${1:-}
  ! command -v npm >/dev/null || node_packages=()
  install "${runtime_packages[@]}" "${build_packages[@]}" "${test_packages[@]}" ${node_packages[@]+"${node_packages[@]}"}
  do_build
  debian_image
  projects=()
  for project in test/*.Tests; do
    [[ "$project" == *"$name"* ]] && projects+=("${project#test/}")
  done
  [ ${#projects[@]} -gt 0 ] || { echo "no test project's name holds '$name'" >&2; exit 1; }

  passed=0 failed=0 skipped=0
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  for project in "${projects[@]}"; do
    echo "== $project"
    if ! dotnet build "test/$project" -v quiet -clp:NoSummary; then
      failed=$((failed + 1))
      continue
    fi
    code=0
    # Signals as a login shell has them (nohup and some runners ignore SIGHUP), and an end in any case.
    seconds=$((HOLM_SOAK ? 14400 : 1800))
    timeout --foreground -k 10 "$seconds" env --default-signal "artifacts/bin/$project/debug/$project" -noLogo -noColor 2>&1 |
      tee "$log" || code=$?
    # The runner's last line: "  X.Tests  Total: 9, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 1.0s".
    number='([0-9]+)'
    line=".*Total: $number, Errors: $number, Failed: $number, Skipped: $number, Not Run: $number.*"
    counts=$(sed -nE "s/$line/\1 \2 \3 \4 \5/p" "$log" | tail -n 1)
    read -r total errors wrong left_out not_run <<<"${counts:-0 1 0 0 0}"
    bad=$((errors + wrong))
    # A runner that died, or found nothing to run, is a failure too.
    if [ "$bad" -eq 0 ] && { [ "$code" -ne 0 ] || [ "$total" -eq 0 ]; }; then bad=1; fi
    good=$((total - errors - wrong - left_out - not_run))
    passed=$((passed + (good > 0 ? good : 0))) failed=$((failed + bad)) skipped=$((skipped + left_out + not_run))
  done
  summary="$passed passed, $failed failed"
  [ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
  echo "$summary"
  [ "$failed" -eq 0 ]
}

do_bench() {
  install lxc busybox-static iperf3 iproute2 umoci skopeo podman crun bubblewrap time lxd lxd-client
  do_build
  dotnet build bench/Bench -c Release -v quiet -clp:NoSummary
  exec artifacts/bin/Bench/release/Bench "$@"
}

do_check() {
  need_dotnet
  dotnet format Holm.slnx --verify-no-changes --severity warn
  dotnet build test/Tidy.Tests -v quiet -clp:NoSummary
  artifacts/bin/Tidy.Tests/debug/Tidy.Tests -noLogo -noColor
}

main "$@"
