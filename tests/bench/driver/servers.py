"""The servers: how each is configured, started and found."""

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .addresses import HOST, free_port, wait_until_open
from .processes import Tree

LOTS_OF_FILES = 20000


@dataclass
class Place:
    """What a server is started with."""

    directory: Path  # its own
    port: int
    crt: Path
    key: Path
    workers: int
    http_backend: int
    uwsgi_backend: int

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path


@dataclass
class Peer:
    name: str
    program: str
    command: Callable  # (program, Place) -> words
    stop_signal: int = signal.SIGTERM
    only: tuple = ()  # keys of rows; nothing: all
    needs: tuple = ()  # files besides the program


def reprise_before(program, place, backend):
    return [program, "--ini", place.write("reprise.ini", f"""\
[uwsgi]
master = true
cache = 20000
cache-blocksize = 4096
ssl-sessions-use-cache = true
ssl-sessions-timeout = 300
https-session-context = bench
https = {HOST}:{place.port},{place.crt},{place.key}
http-processes = {place.workers}
http-keepalive = 300
http-timeout = 300
http-websockets = true
{backend}""")]


def reprise(program, place):
    """Setup 1 of "Scaling SSL connections", with keep-alive."""
    return reprise_before(program, place, f"http-to = {HOST}:{place.uwsgi_backend}\n")


def reprise_http(program, place):
    """The same before an HTTP backend, with as many kept connections as nginx."""
    return reprise_before(program, place, f"""\
http-to = {HOST}:{place.http_backend}
http-backend-http = true
http-backend-keepalive = 64
http-backend-idle = 60
""")


def uwsgi(program, place):
    """The same without the session cache, which Debian's uWSGI does not have: it has tickets."""
    return [program, "--ini", place.write("uwsgi.ini", f"""\
[uwsgi]
plugins = http
master = true
disable-logging = true
max-fd = {LOTS_OF_FILES}
https = {HOST}:{place.port},{place.crt},{place.key}
http-processes = {place.workers}
http-keepalive = 300
http-timeout = 300
http-websockets = true
http-to = {HOST}:{place.uwsgi_backend}
""")]


UWSGI_VARIABLES = """\
      uwsgi_param QUERY_STRING $query_string;
      uwsgi_param REQUEST_METHOD $request_method;
      uwsgi_param CONTENT_TYPE $content_type;
      uwsgi_param CONTENT_LENGTH $content_length;
      uwsgi_param REQUEST_URI $request_uri;
      uwsgi_param PATH_INFO $document_uri;
      uwsgi_param DOCUMENT_ROOT $document_root;
      uwsgi_param SERVER_PROTOCOL $server_protocol;
      uwsgi_param REQUEST_SCHEME $scheme;
      uwsgi_param HTTPS $https if_not_empty;
      uwsgi_param REMOTE_ADDR $remote_addr;
      uwsgi_param REMOTE_PORT $remote_port;
      uwsgi_param SERVER_PORT $server_port;
      uwsgi_param SERVER_NAME $server_name;
      uwsgi_max_temp_file_size 0;
      uwsgi_request_buffering off;
      uwsgi_pass 127.0.0.1:%d;
"""

KEPT_CONNECTIONS = """\
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_max_temp_file_size 0;
      proxy_request_buffering off;
      proxy_pass http://kept;
"""


def nginx_with(place, program, location):
    root = "user root;" if os.geteuid() == 0 else ""
    config = place.write("nginx.conf", f"""\
{root}
daemon off;
pid {place.directory}/nginx.pid;
error_log stderr error;
worker_processes {place.workers};
worker_rlimit_nofile {LOTS_OF_FILES};
events {{ worker_connections {LOTS_OF_FILES}; }}
http {{
  access_log off;
  client_body_temp_path {place.directory}/body;
  proxy_temp_path {place.directory}/proxy;
  uwsgi_temp_path {place.directory}/uwsgi;
  fastcgi_temp_path {place.directory}/fastcgi;
  scgi_temp_path {place.directory}/scgi;
  client_max_body_size 0;
  keepalive_timeout 300;
  keepalive_requests 1000000000;
  ssl_session_cache shared:sessions:50m;
  ssl_session_tickets off;
  upstream kept {{
    server {HOST}:{place.http_backend};
    keepalive 64;
    keepalive_requests 1000000000;
  }}
  server {{
    listen {HOST}:{place.port} ssl;
    ssl_certificate {place.crt};
    ssl_certificate_key {place.key};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {{
{location}    }}
    location /echo {{
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection Upgrade;
      proxy_pass http://kept;
    }}
  }}
}}
""")
    return [program, "-p", place.directory, "-c", config]


def nginx(program, place):
    return nginx_with(place, program, KEPT_CONNECTIONS)


def nginx_uwsgi(program, place):
    """A connection per request in the uwsgi protocol, as Reprise and uWSGI have it."""
    return nginx_with(place, program, UWSGI_VARIABLES % place.uwsgi_backend)


def haproxy(program, place):
    pem = place.write("site.pem", place.crt.read_text() + place.key.read_text())
    config = place.write("haproxy.cfg", f"""\
global
  nbthread {place.workers}
  maxconn {LOTS_OF_FILES // 2 - 100}
  tune.ssl.cachesize 100000
  ssl-default-bind-options no-tls-tickets
defaults
  mode http
  timeout connect 10s
  timeout client 300s
  timeout server 300s
frontend front
  bind {HOST}:{place.port} ssl crt {pem}
  default_backend back
backend back
  server one {HOST}:{place.http_backend}
""")
    return [program, "-db", "-f", config]


def hitch(program, place):
    pem = place.write("site.pem", place.crt.read_text() + place.key.read_text())
    pem.chmod(0o600)
    user = 'user = "root"' if os.geteuid() == 0 else ""
    return [program, "--config", place.write("hitch.conf", f"""\
frontend = {{ host = "{HOST}" port = "{place.port}" }}
backend = "[{HOST}]:{place.http_backend}"
pem-file = "{pem}"
workers = {place.workers}
backlog = 1024
daemon = off
log-level = 0
{user}
""")]


def floor(program, place):
    return [program, "--listen", f"{HOST}:{place.port}", "--backend",
            f"{HOST}:{place.http_backend}", "--certificate", place.crt, "--key", place.key,
            "--workers", place.workers]


# Rows in which requests go on to the backend.
OVER_KEPT_CONNECTIONS = ("get-1k", "request-full", "request-resumed", "websocket",
                         "websocket-bulk", "download", "upload")


def all_peers(build):
    """In the order of the tables. Those whose program is not there are left out by the caller."""
    return [
        Peer("reprise", str(build / "reprise"), reprise, signal.SIGINT),
        Peer("reprise-http", str(build / "reprise"), reprise_http, signal.SIGINT,
             only=OVER_KEPT_CONNECTIONS),
        Peer("floor", str(build / "bench_floor"), floor),
        Peer("nginx", "nginx", nginx),
        Peer("nginx-uwsgi", "nginx", nginx_uwsgi, only=("get-1k", "request-full", "request-resumed", "download", "upload")),
        Peer("haproxy", "haproxy", haproxy),
        Peer("hitch", "hitch", hitch),
        Peer("uwsgi", "uwsgi", uwsgi, signal.SIGINT,
             needs=("/usr/lib/uwsgi/plugins/http_plugin.so",)),
    ]


def find_program(peer):
    """Its path, or None."""
    if any(not Path(file).exists() for file in peer.needs):
        return None
    return shutil.which(peer.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Server:
    """A running peer."""

    def __init__(self, peer, crt, key, workers, backend, directory):
        directory.mkdir(parents=True)
        self.name = peer.name
        self.port = free_port()
        place = Place(directory, self.port, crt, key, workers, backend.http, backend.uwsgi)
        command = peer.command(find_program(peer), place)
        self.log = directory / "log"
        with open(self.log, "w") as log:
            self.tree = Tree(command, log, peer.stop_signal, stdin=subprocess.DEVNULL, stdout=log,
                             cwd=directory)
        try:
            wait_until_open(self.port, self.tree.alive)
        except RuntimeError as error:
            self.tree.end()
            raise RuntimeError(f"{peer.name} {error}: {self.log.read_text()[-500:]}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tree.end()


class Backend:
    """bench_backend, on two ports that it chooses."""

    def __init__(self, build, log):
        self.tree = Tree([build / "bench_backend"], log, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, text=True)
        ports = json.loads(self.tree.root.stdout.readline())
        self.http, self.uwsgi = ports["http"], ports["uwsgi"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tree.end()
