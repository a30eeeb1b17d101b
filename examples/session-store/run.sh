#!/bin/bash
# Two nodes that share nothing but a store, on loopback: a session made on one resumes on the other.
#   examples/session-store/run.sh redis       three masters of a Redis Cluster
#   examples/session-store/run.sh memcached   three memcacheds
# Needs redis-server and redis-tools, or memcached; and openssl. REPRISE names the program
# (build/reprise). Everything it starts ends with it, at the latest after two minutes.
set -eu
here=$(dirname "$(realpath "$0")")
reprise=$(realpath "${REPRISE:-$here/../../build/reprise}")
cd "$here"
files=$(mktemp -d)
pids=()

finish() {
  local pid
  for pid in "${pids[@]}"; do kill -INT "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$files"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
  echo "session-store: $1" >&2
  tail -n 20 "$files"/*.log >&2 || true
  exit 1
}

# start NAME COMMAND...: in the background, with an end.
start() {
  timeout -s INT 120 "${@:2}" >"$files/$1.log" 2>&1 &
  pids+=($!)
}

# wait_for WHAT COMMAND...: until the command succeeds, ten seconds at most.
wait_for() {
  local tries=100
  until "${@:2}" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "waited in vain for $1"
    sleep 0.1
  done
}

# Ports that are free now, and 10,000 above, where the servers of a cluster talk to each other.
ports() {
  python3 - "$1" <<'END'
import random, socket, sys
ports = []
while len(ports) < int(sys.argv[1]):
    port = random.randrange(20000, 30000)
    try:
        for each in (port, port + 10000):
            socket.create_server(("127.0.0.1", each)).close()
    except OSError:
        continue
    if port not in ports:
        ports.append(port)
print(*ports)
END
}

open_port() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

start_redis() {
  local port addresses=()
  for port in "$@"; do
    start "redis-$port" redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$files" \
      --cluster-enabled yes --cluster-config-file "nodes-$port.conf" --cluster-node-timeout 2000
    wait_for "Redis" open_port "$port"
    addresses+=("127.0.0.1:$port")
  done
  redis-cli --cluster create "${addresses[@]}" --cluster-yes >"$files/create.log"
  ready() { redis-cli -p "$1" cluster info | grep -q cluster_state:ok; }
  for port in "$@"; do wait_for "the cluster" ready "$port"; done
  local IFS=,
  store="redis://${addresses[*]}?cluster=1"
}

start_memcached() {
  local port addresses=() user=()
  [ "$(id -u)" -ne 0 ] || user=(-u nobody)
  for port in "$@"; do
    start "memcached-$port" memcached -l 127.0.0.1 -p "$port" -U 0 -m 16 "${user[@]}"
    wait_for "memcached" open_port "$port"
    addresses+=("127.0.0.1:$port")
  done
  local IFS=,
  store="memcached://${addresses[*]}"
}

read -r -a port <<<"$(ports 5)"
case "${1:-}" in
  redis) start_redis "${port[@]:0:3}" ;;
  memcached) start_memcached "${port[@]:0:3}" ;;
  *)
    sed -n '2,6s/^# \{0,1\}//p' run.sh
    exit 2
    ;;
esac

"$reprise" genkey "$files/secret"
openssl req -x509 -nodes -newkey rsa:2048 -days 7 -subj /CN=localhost \
  -keyout "$files/key" -out "$files/crt" 2>/dev/null
export STORE="$store" SECRET="$files/secret" CRT="$files/crt" KEY="$files/key"
for number in 3 4; do
  HTTPS="127.0.0.1:${port[number]}" start "node-${port[number]}" "$reprise" --ini node.ini
  wait_for "a node" open_port "${port[number]}"
done

# client PORT OPTION...: what openssl says of one connection.
client() {
  printf 'GET / HTTP/1.0\r\n\r\n' |
    timeout 10 openssl s_client -connect "127.0.0.1:$1" -ign_eof "${@:2}" 2>&1
}
resumes() {
  client "${port[3]}" "-$1" -sess_out "$files/session" >/dev/null
  client "${port[4]}" "-$1" -sess_in "$files/session" | grep -q '^Reused'
}
for version in tls1_2 tls1_3; do
  wait_for "a $version session to resume on the other node" resumes "$version"
  echo "$version: made on 127.0.0.1:${port[3]}, resumed on 127.0.0.1:${port[4]}, through $1"
done
