#!/usr/bin/env bash
# Fuzzes the front end and the interpreter, sanitizers on:
#
#   test/fuzz/run.sh [seconds]      60 if not said; the folder build-fuzz keeps the build and what was found to be new
#
# Starts from test/fuzz/corpus, the examples and the tests of the front end. Ends at the first crash, sanitizer report, broken
# promise (Fuzz.cpp) or input that takes over 5 s: its text lies in build-fuzz/found then, and the status is not 0.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
build=build-fuzz

[[ -n $(find /usr/lib/llvm-22/lib/clang -name 'libclang_rt.fuzzer*.a' -print -quit) ]] || {
  echo "run.sh: the fuzzer's library is missing: apt-get install libclang-rt-22-dev" >&2
  exit 2
}
[[ -f $build/build.ninja ]] || cmake -G Ninja -B $build -S . -DMIX_FUZZ=ON -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER=/usr/lib/llvm-22/bin/clang -DCMAKE_CXX_COMPILER=/usr/lib/llvm-22/bin/clang++ >/dev/null
ninja -C $build -j "${JOBS:-$(nproc)}" mix_fuzz

# Half of the time for any text, half for programs only (Fuzz.cpp).
for mode in texts programs; do
  mkdir -p $build/$mode $build/found
  MIX_FUZZ=$mode UBSAN_OPTIONS=print_stacktrace=1 $build/bin/mix_fuzz -max_total_time=$((seconds / 2)) -timeout=5 \
    -rss_limit_mb=3000 -max_len=2048 -dict=test/fuzz/mix.dict -artifact_prefix=$build/found/ -print_final_stats=1 \
    $build/$mode test/fuzz/corpus examples test/frontend
done
