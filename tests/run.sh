#!/bin/bash
# Installs what is missing, builds, and runs every test; ends with one line of totals.
#   tests/run.sh           everything, sanitizer builds included
#   tests/run.sh --quick   the Release build alone
#   tests/run.sh --long    everything, and the torture and fuzz runs for as long as they are meant to
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/packages.sh

mode=${1:-}
# The same inputs in every run, so that a change is what makes it fail; --long goes where it likes.
fuzz_limits="-seed=1 -runs=50000 -max_total_time=20"
[ "$mode" = --long ] && { fuzz_limits=-max_total_time=600; export REPRISE_TORTURE_SECONDS=120; }

# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $QUICKSTART_PACKAGES $TEST_PACKAGES || exit 1
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1
# Where there is ccache, what was compiled in another checkout of the same sources is not again.
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
fi

# step NAME COMMAND...: runs it, shows its output if it fails, notes how it ended.
step() {
  local name=$1 begin=$SECONDS
  shift
  if "$@" >"$results/output" 2>&1; then
    echo "passed $name" >>"$results/steps.step"
    echo "== $name: passed ($((SECONDS - begin)) s)"
    grep "^RERUN" "$results/output"
  else
    echo "failed $name" >>"$results/steps.step"
    tail -n 150 "$results/output"
    echo "== $name: FAILED ($((SECONDS - begin)) s)"
  fi
}

build() {
  cmake --preset "$1" "${@:3}" && cmake --build "$2"
}

# There are no threads; what shares memory between processes is what this build is for.
shared_memory_tests="cache_test cache_model_test multiprocess_test"
build_shared_memory_tests() {
  # shellcheck disable=SC2086
  cmake --preset tsan && cmake --build build-tsan --target $shared_memory_tests
}

# The targets alone: the unit tests have their own builds.
build_fuzzers() {
  local targets=""
  for source in tests/fuzz/*.cpp; do targets="$targets fuzz_$(basename "$source" .cpp)"; done
  # shellcheck disable=SC2086
  cmake --preset fuzz && cmake --build build-fuzz --target $targets
}

# The programs run in their build folder; each test is a case of the report.
unit_tests() {
  ctest --test-dir "$1" --output-on-failure -j "$(nproc)" --output-junit "$results/unit-$2.xml" \
    "${@:3}"
}

# One more at a time than there are processors, for they wait most of the time. What fails beside
# others has one more try, and is named.
end_to_end() {
  REPRISE_BINARY="$PWD/$1/reprise" "$python" -m pytest -q -p no:cacheprovider \
    -n "$(($(nproc) + 1))" --dist loadfile --reruns 1 -r R --junitxml="$results/e2e-$2.xml" "${@:3}"
}

benchmark_driver() {
  "$python" -m pytest -q -p no:cacheprovider --junitxml="$results/benchmark.xml" tests/bench
}

# Every corpus again, then a little on from it.
fuzz_one() {
  local name=${1##*/fuzz_}
  mkdir -p "$results/corpus/$name"
  # shellcheck disable=SC2086
  "$1" $fuzz_limits -timeout=10 -max_len=4096 -artifact_prefix="$results/" \
    "$results/corpus/$name" "tests/fuzz/corpus/$name" >"$results/fuzz-$name.log" 2>&1 && return 0
  # In one piece, whoever else writes.
  tail -n 100 "$results/fuzz-$name.log"
  echo "fuzz_$name: FAILED"
  return 1
}

# As many targets at a time as there are processors.
fuzz() {
  local target targets=()
  for target in "$1"/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] && targets+=("$target")
  done
  export -f fuzz_one
  export results fuzz_limits
  # shellcheck disable=SC2016
  [ "${#targets[@]}" -gt 0 ] &&
    printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'fuzz_one "$1"' fuzz
}

step "layers" "$python" tests/structure/layers.py
# The unit tests run where sanitizers look; in the Release build too if that is all there is, or if
# there is time.
if [ -n "$mode" ]; then
  step "build release" build release build -DREPRISE_TESTS=ON
  step "unit tests release" unit_tests build release
else
  step "build release" build release build -DREPRISE_TESTS=OFF
fi
step "end to end release" end_to_end build release tests/e2e tests/differential
step "benchmark driver" benchmark_driver
step "quickstart --check" examples/quickstart.sh --check

if [ "$mode" != --quick ]; then
  export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
  step "build asan" build asan build-asan
  step "unit tests asan" unit_tests build-asan asan
  REPRISE_TIME_FACTOR=4 step "end to end asan" end_to_end build-asan asan tests/e2e
  step "build tsan" build_shared_memory_tests
  for target in $shared_memory_tests; do
    # Without the step tests: they take one instruction of one process at a time, so nothing races.
    step "tsan $target" "build-tsan/$target" --gtest_filter=-*StepTest.* \
      --gtest_output="xml:$results/tsan-$target.xml"
  done
  step "build fuzz" build_fuzzers
  step "fuzz" fuzz build-fuzz
fi

$python tests/summary.py "$results"
