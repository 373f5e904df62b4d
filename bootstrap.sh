#!/usr/bin/env bash
# From a fresh Debian 12 to a compiled mixer, or to every test passed:
#
#   ./bootstrap.sh demo     install what is missing, configure, build, compile and run examples/gated_delta_net
#   ./bootstrap.sh test     the same, then every test; the last line is `N passed, N failed`
#   ./bootstrap.sh build    the same, without demo or tests
#
# Every step looks at what is already there, so the script can be run again. JOBS=n: build with n jobs (default: all cores).
set -uo pipefail
cd "$(dirname "$0")"

packages=(cmake ninja-build clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools liblld-22-dev
          clang-tidy-22 clang-format-22 libclang-rt-22-dev zlib1g-dev libzstd-dev libffi-dev libxml2-dev libfmt-dev libgtest-dev
          ccache python3)
jobs=${JOBS:-$(nproc)}
build=build
mkdir -p $build

say() { printf '[%s/4] %-13s %s\n' "$@"; }
fail() { { printf 'bootstrap: %s\n' "$1"; shift; (($#)) && printf '%s\n' "$@"; } >&2; exit 1; }

# The last lines of a log that matter, then an end: the log itself is named, so nothing is lost.
fail_with_log() { # what, log
  grep -aE -A8 'FAILED:|error:|CMake Error|^E: ' "$2" | tail -n 40 >&2 || tail -n 20 "$2" >&2
  fail "$1 failed; the whole log is in $2"
}

step_packages() {
  local missing=()
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == "install ok installed" ]] || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    say 1 packages present
    return
  fi
  local root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "these packages are missing, and installing them needs root or sudo:" "  apt-get install ${missing[*]}"
    root=(sudo)
  fi
  command -v apt-get >/dev/null || fail "this is not a Debian system; mixc is built on Debian 12 with LLVM 22. Missing: ${missing[*]}"
  say 1 packages "installing ${#missing[@]}: ${missing[*]}"
  local log=$build/packages.log
  { "${root[@]}" apt-get update &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >$log 2>&1 ||
    fail_with_log "installing packages (LLVM 22 is in Debian 12's security suite, bookworm-security)" $log
  say 1 packages installed
}

step_configure() {
  cmake --preset dev >$build/configure.log 2>&1 || fail_with_log configuring $build/configure.log
  local mlir
  mlir=$(dpkg-query -W -f '${Version}' libmlir-22-dev)
  mlir=${mlir#*:}
  say 2 configure "$build/ (clang 22, MLIR ${mlir%%-*}, ccache)"
}

# Turns ninja's `[n/m] what` lines into one line that counts up on a terminal, and into a line every 20 seconds elsewhere.
progress() {
  local last=0 counter= tty=
  [[ -t 1 ]] && tty=1
  while IFS= read -r line; do
    [[ $line =~ ^\[([0-9]+/[0-9]+)\] ]] || continue
    counter=${BASH_REMATCH[1]}
    if [[ $tty ]]; then
      printf '\r[3/4] %-13s %s ' build "$counter"
    elif ((SECONDS - last >= 20)); then
      say 3 build "$counter"
      last=$SECONDS
    fi
  done
  [[ $tty ]] && printf '\r'
  say 3 build "${counter:-up to date}, $SECONDS s"
}

step_build() { # targets
  local log=$build/build.log
  SECONDS=0
  NINJA_STATUS='[%f/%t] ' ninja -C $build -j "$jobs" "$@" 2>&1 | tee $log | progress
  ((PIPESTATUS[0] == 0)) || fail_with_log building $log
}

demo() {
  local source=examples/gated_delta_net/gated_delta_net.mix out=$build/demo began ended
  mkdir -p $out
  began=$(date +%s%N)
  $build/bin/mixc $source -D K=128 -D V=128 -o $out/libgated_delta_net.so || fail "compiling $source failed"
  ended=$(date +%s%N)
  say 4 demo "gated_delta_net.mix -> $out/libgated_delta_net.so, .h   $(((ended - began) / 1000000)) ms, K = V = 128"
  printf '\n'
  $build/bin/mixc explain $source -D K=128 -D V=128 || fail "mixc explain failed"
  printf '\nrandom input, alpha exactly 0 at one token in fifty\n'
  for kernel in chunked recurrent; do
    $build/bin/mixc run $source --kernel=$kernel -D K=128 -D V=128 || fail "the $kernel kernel is wrong"
  done
  printf '\n'
  $build/bin/mix_bench $source || fail "the benchmark failed"
  printf '\nNext: edit %s, or read docs/language.md\n' $source
}

case ${1:-} in
demo)
  step_packages && step_configure && step_build mixc mix_bench && demo
  ;;
build)
  step_packages && step_configure && step_build all
  say 4 done "$build/bin/mixc"
  ;;
test)
  step_packages && step_configure && step_build all
  say 4 test "unit, lit and end-to-end tests"
  exec python3 test/run.py $build
  ;;
*)
  sed -n '2,9s/^# \{0,1\}//p' "$0"
  exit 2
  ;;
esac
