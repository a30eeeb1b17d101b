# shellcheck shell=bash disable=SC2034,SC2086
# The Debian packages that building and testing need, and a way to install what is missing of them.
# Sourced by examples/quickstart.sh and tests/run.sh.

BUILD_PACKAGES="g++ cmake ninja-build pkg-config libboost1.81-dev libssl-dev libfmt-dev libpcre2-dev
  zlib1g-dev libhiredis-dev libyaml-cpp-dev libpugixml-dev python3-dev pybind11-dev"
QUICKSTART_PACKAGES="openssl curl python3-minimal libpython3-stdlib python3-werkzeug netcat-openbsd"
TEST_PACKAGES="libgtest-dev libgmock-dev clang-16 libclang-rt-16-dev llvm-16 python3 python3-pytest
  python3-pytest-xdist python3-pytest-rerunfailures uwsgi-core uwsgi-plugin-python3 openssl curl wrk
  haproxy procps iproute2 util-linux git strace chromium nginx-light python3-websockets
  python3-werkzeug python3-flask python3-django redis-server memcached python3-pylibmc"

# install_packages NAME...: as root, or with sudo; nothing at all if nothing is missing.
install_packages() {
  local missing="" package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" ||
      missing="$missing $package"
  done
  [ -z "$missing" ] && return 0
  local as_root=""
  [ "$(id -u)" -eq 0 ] || as_root="sudo"
  echo "installing:$missing"
  $as_root apt-get -qq update
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
    $missing >/dev/null
}
