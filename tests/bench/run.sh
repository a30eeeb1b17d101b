#!/bin/bash
# Installs what is missing of the peers, builds Release, and measures: see README.md here.
#   tests/bench/run.sh [OPTION of bench.py]...
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/packages.sh
. tests/packages.sh

PEERS="nginx-light haproxy hitch uwsgi-core strace openssl python3-minimal libpython3-stdlib"

# The peers' packages start services of their own, which would be in the way, unless this file says
# no. What was running before goes on.
install_without_starting() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo"
    trap '$as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
  fi
  install_packages "$@"
)

# Any of nginx's packages will do.
if [ -x /usr/sbin/nginx ]; then PEERS=${PEERS/nginx-light/}; fi
# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES
# shellcheck disable=SC2086
install_without_starting $PEERS

cmake -S . -B build-bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DREPRISE_TESTS=OFF \
  -DREPRISE_BENCHMARKS=ON >/dev/null
cmake --build build-bench >&2
exec /usr/bin/python3 tests/bench/bench.py "$@"
