#!/usr/bin/env bash
# Times every mixer of examples/ at K = V = 128 (or the file's defaults), T = 2048, 8 heads; decode of one token of 32 heads.
#   bench/run.sh [mixer ...]
set -euo pipefail
cd "$(dirname "$0")/.."
[[ -x build/bin/mix_bench ]] || { echo "build first: ./bootstrap.sh build" >&2; exit 1; }
if (($# == 0)); then set -- $(cd examples && ls -d */ | tr -d /); fi
for mixer in "$@"; do
  [[ -f examples/$mixer/$mixer.mix ]] && build/bin/mix_bench "examples/$mixer/$mixer.mix"
done
