"""Configurations that come from elsewhere: http://, exec://, fd://."""

import contextlib
import signal
import socket
import subprocess
import threading

import pytest

from harness.addresses import HOST, free_address
from harness.clients import get
from harness.fixtures import needs_root
from harness.node import BINARY
from harness.waiting import TIME_FACTOR, wait_until

LONGEST = 16 << 20


@contextlib.contextmanager
def serving(answer):
    """A server that answers with these bytes, or what the function of the turn gives, whatever it is
    asked; gives its address."""
    asked = []

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    asked.append(connection.recv(65536).decode())
                    turn = len(asked)
                    connection.sendall(answer(turn) if callable(answer) else answer)

    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=serve, args=[listener], daemon=True).start()
        serving.asked = asked
        yield f"{HOST}:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def ok(text, head=b""):
    return b"HTTP/1.0 200 OK\r\n" + head + b"\r\n" + text.encode()


@contextlib.contextmanager
def configured(text):
    with serving(ok(text)) as address:
        yield f"http://{address}/node.ini"


def test_a_node_starts_and_reloads_with_it(start, backend):
    address = free_address()
    with configured(f"[uwsgi]\nhttp = {address}\nhttp-to = {backend().address}\n") as url:
        node = start("", arguments=["--ini", url])
        node.wait_until_ready()
        assert get(address).status == 200
        assert f"[uWSGI] getting INI configuration from {url}" in node.log
        assert "unsealed" not in node.log, "it comes from this host"
        node.reload()
        assert get(address).status == 200
    host = url.split("/")[2]
    assert serving.asked[0].startswith("GET /node.ini HTTP/1.0\r\n")
    assert f"\r\nHost: {host}\r\n" in serving.asked[0]


def test_a_reload_asks_once_and_goes_on_with_what_it_has_checked(start, backend):
    """The next answer would be broken: it ends nothing."""
    address = free_address()
    good = f"[uwsgi]\nhttp = {address}\nhttp-to = {backend().address}\nprocname-prefix = turn"
    with serving(lambda turn: ok(good + f"{turn}-\n" if turn <= 2 else "[uwsgi\n")) as source:
        node = start("", arguments=["--ini", f"http://{source}/node.ini"])
        node.wait_until_ready()
        node.reload()
        assert len(serving.asked) == 2
        assert open(f"/proc/{node.pid}/cmdline").read().startswith("turn2-")
        assert get(address).status == 200
        node.signal(signal.SIGHUP)
        node.wait_for_log("reload.refused")
        assert get(address).status == 200


def test_a_command_is_run_once_in_a_reload(reprise, backend):
    node = reprise("[uwsgi]\nini = exec://echo >> runs; echo '[uwsgi]'; echo http-processes = "
                   "$(wc -l < runs)\nhttp = {http}\nhttp-to = {to}\n".replace("$(", "`").replace(
                       "runs)", "runs`"), to=backend().address)
    assert len(node.worker_pids()) == 1
    node.reload()
    wait_until(lambda: len(node.worker_pids()) == 2)
    assert len(node.path("runs").read_text()) == 2


@needs_root
def test_a_resolver_that_does_not_answer_is_not_waited_for(session_directory):
    """The name's server is an address that leads nowhere, and is to be given half a minute."""
    script = session_directory / "no-resolver.sh"
    script.write_text("set -e\nip link set lo up\nip link add void type veth peer name away\n"
                      "ip addr add 192.0.2.2/24 dev void\nip link set void up\nip link set away up\n"
                      "ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev void\n"
                      "echo 'nameserver 192.0.2.1\noptions timeout:30' > resolv.conf\n"
                      "mount --bind resolv.conf /etc/resolv.conf\nexec \"$@\"\n")
    done = subprocess.run(["unshare", "-mn", "sh", script, BINARY, "--ini", "http://slow.test/x"],
                          cwd=session_directory, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=20 * TIME_FACTOR)
    assert done.returncode == 1 and "unable to resolve address slow.test" in done.stderr


def test_a_section_of_it_and_one_file_in_another(run_reprise):
    with configured("[uwsgi]\na = 1\n[other]\nb = from there\n") as url:
        done = run_reprise("--ini", f"{url}:other", "--get", "b", "--get", "a")
        assert done.stdout == "from there\n"
    with configured("here it stands") as url:
        done = run_reprise("--set", f"c=@({url})", "--get", "c")
        assert done.stdout == "here it stands\n"


@pytest.mark.parametrize("answer, words", [
    (b"HTTP/1.0 404 Not Found\r\n\r\n[uwsgi]\n", "Not usable HTTP response: 404"),
    (b"HTTP/1.1 301 Moved\r\nLocation: http://x/\r\n\r\n", "Not usable HTTP response: 301"),
    (ok("[uwsgi]\n", b"Content-Length: 100\r\n"), "8 bytes of 100 came"),
    (ok("[uwsgi]\n", b"Transfer-Encoding: chunked\r\n"), "a coded HTTP response"),
    (b"SSH-2.0-x\r\n\r\n", "not an HTTP response"), (b"", "not an HTTP response"),
    (b"HTTP/1.1\r\nX: 200 OK\r\n\r\n[uwsgi]\n", "not an HTTP response"),
    (ok("#" * (LONGEST + 1)), f"more than {LONGEST} bytes"),
    (b"HTTP/1.0 200 OK\r\n" + b"x: y\r\n" * (4 << 20), "more than")],
    ids=["missing", "moved", "short", "coded", "other", "nothing", "no status", "large", "large head"])
def test_what_is_no_configuration(run_reprise, answer, words):
    with serving(answer) as address:
        done = run_reprise("--ini", f"http://{address}/node.ini")
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.parametrize("url, words", [
    ("http://127.0.0.1", "invalid http url"), ("http:///x", "invalid http url"),
    ("http://127.0.0.1:1/x", "uwsgi_scheme_http()/connect(): "),
    ("data://0", "this kind of source is not supported"),
    ("section://x", "this kind of source is not supported")])
def test_sources_that_are_none(run_reprise, url, words):
    done = run_reprise("--ini", url)
    assert done.returncode == 1 and words in done.stderr
