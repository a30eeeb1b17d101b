#!/bin/bash
# Installs, builds and runs Reprise on loopback in front of a small backend.
#   examples/quickstart.sh           stays in the foreground and says what to try
#   examples/quickstart.sh --check   proves a resumption through two workers, prints counters, ends
# QUICKSTART_HTTPS, QUICKSTART_STATS and QUICKSTART_BACKEND choose other addresses.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
cd "$root"
. tests/packages.sh

check=no
[ "${1:-}" = "--check" ] && check=yes
if [ "$check" = yes ]; then
  first=$((20000 + $$ % 10000))
  : "${QUICKSTART_HTTPS:=127.0.0.1:$first}"
  : "${QUICKSTART_STATS:=127.0.0.1:$((first + 10000))}"
  : "${QUICKSTART_BACKEND:=127.0.0.1:$((first + 20000))}"
fi
export QUICKSTART_HTTPS="${QUICKSTART_HTTPS:-127.0.0.1:8443}"
export QUICKSTART_STATS="${QUICKSTART_STATS:-127.0.0.1:5001}"
export QUICKSTART_BACKEND="${QUICKSTART_BACKEND:-127.0.0.1:3031}"
QUICKSTART_FILES=$(mktemp -d)
export QUICKSTART_FILES

# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $QUICKSTART_PACKAGES
if [ ! -f build/build.ninja ]; then
  cmake --preset release -DREPRISE_TESTS="${REPRISE_TESTS:-OFF}" >/dev/null
fi
cmake --build build --target reprise

openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -keyout "$QUICKSTART_FILES/server.key" -out "$QUICKSTART_FILES/server.crt" 2>/dev/null

pids=""
finish() {
  for pid in $pids; do kill -INT "$pid" 2>/dev/null || true; done
  for pid in $pids; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$QUICKSTART_FILES"
}
trap finish EXIT
trap 'exit 130' INT TERM

python3 examples/quickstart/backend.py "$QUICKSTART_BACKEND" &
pids="$!"
log="$QUICKSTART_FILES/log"
if [ "$check" = yes ]; then
  build/reprise --ini examples/quickstart/quickstart.ini >"$log" 2>&1 &
else
  build/reprise --ini examples/quickstart/quickstart.ini &
fi
server=$!
pids="$server $pids"

# Until the page comes through, or a process has ended.
for _ in $(seq 100); do
  curl -ksf -m 2 "https://$QUICKSTART_HTTPS/" >/dev/null && break
  if ! kill -0 "$server" 2>/dev/null; then
    [ -f "$log" ] && cat "$log"
    echo "Reprise did not start" >&2
    exit 1
  fi
  sleep 0.1
done

if [ "$check" = yes ]; then
  python3 examples/quickstart/check.py "$QUICKSTART_HTTPS" "$QUICKSTART_STATS" || {
    cat "$log"
    exit 1
  }
  exit 0
fi

cat <<END

Reprise serves https://$QUICKSTART_HTTPS/ with eight processes. Try, in another terminal:

  curl -k https://$QUICKSTART_HTTPS/
  openssl s_client -connect $QUICKSTART_HTTPS -tls1_2 -reconnect </dev/null | grep -E '^(New|Reused)'
  nc ${QUICKSTART_STATS%:*} ${QUICKSTART_STATS##*:}

Ctrl-C ends it.
END
wait "$server"
