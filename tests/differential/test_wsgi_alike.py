"""The same application under uWSGI and here, behind a real nginx: what it sees is the same."""

import json
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

from harness.addresses import free_address
from harness.clients import can_connect
from harness.waiting import wait_until

APP = """\
import json

def shown(value):
    return value if isinstance(value, str) else type(value).__name__

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    answer = {key: shown(value) for key, value in environ.items()}
    answer["__order__"], answer["__body__"] = list(environ), body.decode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""
INI = """\
[uwsgi]
master = true
socket = {uwsgi}
wsgi-file = {app}
processes = {processes}
threads = {threads}
need-app = true
stats = {stats}
"""
NGINX = """\
daemon off;
pid {directory}/pid;
error_log {directory}/error.log;
worker_processes 1;
events {{}}
http {{
  access_log off;
  client_body_temp_path {directory};
  proxy_temp_path {directory};
  fastcgi_temp_path {directory};
  uwsgi_temp_path {directory};
  scgi_temp_path {directory};
  server {{ listen {first}; location / {{ include /etc/nginx/uwsgi_params; uwsgi_pass {theirs}; }} }}
  server {{ listen {second}; location / {{ include /etc/nginx/uwsgi_params; uwsgi_pass {ours}; }} }}
}}
"""
# What the two are called, and the port that each was asked at.
OWN = {"HTTP_HOST", "SERVER_PORT", "REMOTE_PORT", "uwsgi.version", "wsgi.file_wrapper"}


@pytest.fixture
def nginx(tmp_path):
    if not shutil.which("nginx") and not Path("/usr/sbin/nginx").exists():
        pytest.skip("no nginx")
    started = []

    def start(**values):
        configuration = tmp_path / "nginx.conf"
        configuration.write_text(NGINX.format(directory=tmp_path, **values))
        tmp_path.chmod(0o777)
        started.append(subprocess.Popen(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(configuration)],
            stderr=subprocess.DEVNULL))
        for name in ("first", "second"):
            wait_until(lambda name=name: can_connect(values[name]), what="nginx")

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("processes, threads", [(1, 1), (2, 2)])
@pytest.mark.parametrize("path, body", [("/p%20a/x?q=1&r=%41", None), ("/post", b"a=1")])
def test_environ_behind_nginx(both, nginx, tmp_path, processes, threads, path, body):
    app = tmp_path / "app.py"
    app.write_text(APP)
    theirs, ours = both(INI, plugin="python3", app=app, processes=processes, threads=threads)
    addresses = [free_address(), free_address()]
    nginx(first=addresses[0], second=addresses[1], theirs=theirs.address("uwsgi"),
          ours=ours.address("uwsgi"))
    seen = []
    for address in addresses:
        request = urllib.request.Request(f"http://{address}{path}", data=body,
                                         headers={"X-Latin": "café", "Cookie": "a=b"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            seen.append(json.load(answer))
    assert seen[0]["__order__"] == seen[1]["__order__"]
    different = {key for key in seen[0] if seen[0][key] != seen[1][key]}
    assert different <= OWN
