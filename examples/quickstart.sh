#!/bin/bash
# Builds Reprise and runs it on loopback: eight HTTPS processes and a Python application behind them.
#   examples/quickstart.sh           stays in the foreground and says what to try; Ctrl-C ends it
#   examples/quickstart.sh --check   on free ports: proves that one process resumes the TLS session
#                                    that another has made, prints the counters, ends
# QUICKSTART_HTTPS and QUICKSTART_STATS name other addresses.
set -eu
cd "$(dirname "$0")/.."
. tests/packages.sh

files=$(mktemp -d)
log="$files/log"
server=""

# Background processes of a script ignore SIGINT, unless they ask for it as Reprise does.
finish() {
  [ -z "$server" ] || kill -INT "$server" 2>/dev/null || true
  wait
  rm -rf "$files"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
  echo "quickstart: $1" >&2
  if [ -f "$log" ]; then sed 's/^/  /' "$log" >&2; fi
  exit 1
}

# Two addresses that are free now; somebody else may still be quicker.
free_addresses() {
  python3 - <<'END'
import socket
probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(f"127.0.0.1:{probe.getsockname()[1]}" for probe in probes))
END
}

choose_addresses() {
  export QUICKSTART_FILES="$files"
  export QUICKSTART_HTTPS="${QUICKSTART_HTTPS:-$1}" QUICKSTART_STATS="${QUICKSTART_STATS:-$2}"
  local name address
  for name in HTTPS STATS; do
    name="QUICKSTART_$name"
    address=${!name}
    if (exec 3<>"/dev/tcp/${address%:*}/${address##*:}") 2>/dev/null; then
      fail "$address is in use by another program; set $name to a free address"
    fi
  done
}

build() {
  if [ ! -f build/build.ninja ]; then
    cmake --preset release -DREPRISE_TESTS=OFF >/dev/null
  fi
  # A build that was configured without Python looks for it again.
  cmake -S . -B build -DREPRISE_PYTHON=ON >/dev/null
  cmake --build build --target reprise reprise_python
}

make_certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
    -keyout "$files/server.key" -out "$files/server.crt" 2>/dev/null
}

# Until a page comes through all of it.
wait_until_served() {
  local _
  for _ in $(seq 100); do
    if curl -ksf -m 2 "https://$QUICKSTART_HTTPS/" >/dev/null; then return; fi
    kill -0 "$server" 2>/dev/null || fail "Reprise did not start"
    sleep 0.1
  done
  fail "no page came from https://$QUICKSTART_HTTPS/"
}

check() {
  # shellcheck disable=SC2046
  choose_addresses $(free_addresses)
  build/reprise --ini examples/quickstart/quickstart.ini >"$log" 2>&1 &
  server=$!
  wait_until_served
  python3 examples/quickstart/check.py "$QUICKSTART_HTTPS" "$QUICKSTART_STATS" || fail "see the log"
}

serve() {
  choose_addresses 127.0.0.1:8443 127.0.0.1:5001
  build/reprise --ini examples/quickstart/quickstart.ini &
  server=$!
  wait_until_served
  cat <<END

Reprise serves https://$QUICKSTART_HTTPS/ with eight processes. Try in another terminal:

  curl -k https://$QUICKSTART_HTTPS/     # or a browser: the page of werkzeug.testapp
  openssl s_client -connect $QUICKSTART_HTTPS -tls1_2 -reconnect </dev/null | grep -E '^(New|Reused)'
  nc ${QUICKSTART_STATS%:*} ${QUICKSTART_STATS##*:}     # "items", "hits" and "miss" under "cache"

Ctrl-C ends it.
END
  wait "$server" || fail "Reprise ended with status $?"
}

# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $QUICKSTART_PACKAGES
build
make_certificate
case "${1:-}" in
  --check) check ;;
  "") serve ;;
  *) fail "usage: examples/quickstart.sh [--check]" ;;
esac
