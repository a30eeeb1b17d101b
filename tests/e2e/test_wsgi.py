"""Python applications: what they see, what their answers become."""

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from harness import processes
from harness.node import BINARY
from harness.clients import TlsClient, connect, receive_all, request_bytes
from harness.uwsgi_packet import encode
from harness.waiting import wait_until

APPS = Path(__file__).parent / "apps" / "python"
BASIC = f"[uwsgi]\npythonpath = {APPS}\nmodule = basic\nstats = {{stats}}\n"
DIRECT = BASIC + "http-socket = {direct}\n"


def ask(address, path="/", **options):
    """The raw answer: (status line, fields by lower-case name, body)."""
    with connect(address) as connection:
        connection.sendall(request_bytes(path=path, **options))
        return parse(receive_all(connection))


def parse(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return status, {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}, body


def receive_some(connection, end):
    received = b""
    while not received.endswith(end):
        received += connection.recv(65536)
    return received


def ask_uwsgi(address, variables, body=b""):
    with connect(address) as connection:
        connection.sendall(encode(variables) + body)
        return parse(receive_all(connection))


@pytest.fixture
def node(reprise):
    return reprise(DIRECT)


@pytest.mark.parametrize("path, status, body", [
    ("/writes", "HTTP/1.1 200 OK", b"abcdef"),
    ("/exc_info", "HTTP/1.1 503 Replaced", b"second"),
    ("/raise_first", "HTTP/1.1 500 Internal Server Error", b"Internal Server Error"),
    ("/bad_header", "HTTP/1.1 500 Internal Server Error", b"Internal Server Error"),
    ("/bad_status", "HTTP/1.1 500 Internal Server Error", b"Internal Server Error"),
    ("/twice", "HTTP/1.1 500 Internal Server Error", b"Internal Server Error"),
    ("/no_start", "HTTP/1.1 500 Internal Server Error", b"Internal Server Error"),
    ("/not_bytes", "HTTP/1.1 500 Internal Server Error", b"Internal Server Error"),
])
def test_answers(node, path, status, body):
    line, fields, answer = ask(node.address("direct"), path)
    assert (line, answer) == (status, body)
    assert "set-cookie" not in fields and "x-injected" not in fields
    assert fields["connection"] == "close"
    if path == "/exc_info":
        assert "x-second" in fields and "x-first" not in fields


def test_an_exception_is_logged_with_its_traceback_and_counted(node):
    ask(node.address("direct"), "/raise_first")
    node.wait_for_log("ValueError: boom é")
    assert "Traceback (most recent call last):" in node.log
    assert node.stats()["workers"][0]["exceptions"] == 1


@pytest.mark.parametrize("path", ["/raise_later", "/exc_info_too_late"])
def test_an_answer_that_breaks_off_ends_with_a_reset(node, path):
    with connect(node.address("direct")) as connection:
        connection.sendall(request_bytes(path=path))
        with pytest.raises(ConnectionResetError):
            while connection.recv(65536):
                pass


def test_close_is_called(node):
    assert ask(node.address("direct"), "/closes")[2] == b"ab"
    assert ask(node.address("direct"), "/closed")[2] == b"1"


def test_a_head_has_no_body(node):
    status, fields, body = ask(node.address("direct"), "/head", method="HEAD")
    assert (status, fields["content-length"], body) == ("HTTP/1.1 200 OK", "24", b"")


def test_the_body_is_read_by_lines(node):
    status, _, body = ask(node.address("direct"), "/lines", method="POST",
                          body=b"first\nsecond\nthird")
    assert body == repr([b"first\n", b"sec", b"ond\n", b"third"]).encode()


def test_a_chunked_body_arrives_without_its_framing(node):
    with connect(node.address("direct")) as connection:
        connection.sendall(b"POST /environ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                           b"3\r\nabc\r\n")
        connection.sendall(b"4;x=y\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n")
        environ = json.loads(parse(receive_all(connection))[2])
    assert environ["__body__"] == "abcdefg"
    assert environ["wsgi.input_terminated"] is True


def test_a_broken_chunk_is_an_error_to_the_application(node):
    with connect(node.address("direct")) as connection:
        connection.sendall(b"POST /environ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                           b"zz\r\n")
        assert parse(receive_all(connection))[0].split()[1] == "500"
    node.wait_for_log("OSError: error during read(0) on wsgi.input")


def test_a_client_that_expects_it_is_invited_when_the_body_is_read(node):
    with connect(node.address("direct")) as connection:
        connection.sendall(b"POST /environ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                           b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"abc")
        assert json.loads(parse(receive_all(connection))[2])["__body__"] == "abc"


def test_files_are_sent_from_where_they_are_read(node):
    content = (APPS / "basic.py").read_bytes()
    assert ask(node.address("direct"), "/file")[2] == content[3:]
    node.wait_for_log("via sendfile()")
    assert ask(node.address("direct"), "/memory")[2] == b"m" * 100000
    assert len(ask(node.address("direct"), "/big")[2]) == 1 << 20


def test_each_request_has_an_environ_of_its_own(node):
    assert ask(node.address("direct"), "/keep?a")[2] == b"a"
    assert ask(node.address("direct"), "/keep?b")[2] == b"a,b"


def test_what_applications_print_is_in_the_log(node):
    ask(node.address("direct"), "/printing")
    node.wait_for_log("printed by the application\n")
    node.wait_for_log("written to wsgi.errors\n")


def test_the_request_line(node):
    ask(node.address("direct"), "/head?a=b")
    node.wait_for_log(re.compile(
        r"^\[pid: \d+\|app: 0\|req: 1/1\] 127\.0\.0\.1 \(\) \{\d+ vars in \d+ bytes\} \[.{24}\] "
        r"GET /head\?a=b => generated 24 bytes in \d+ msecs \(HTTP/1\.1 200\) 2 headers in \d+ bytes "
        r"\(1 switches on core 0\)$", re.M))


def test_log_format_and_what_is_logged(reprise):
    node = reprise(DIRECT + "log-format = %(method) %(uri) %(status) %(var.HTTP_X_A) %(nothing) end\n"
                            "disable-logging = true\nlog-5xx = true\n")
    ask(node.address("direct"), "/head")
    ask(node.address("direct"), "/raise_first", headers=[("X-A", "b")])
    node.wait_for_log("GET /raise_first 500 b - end\n")
    assert "GET /head" not in node.log


def test_variables_never_load_anything(reprise):
    node = reprise(BASIC + "socket = {uwsgi}\n")
    variables = [("REQUEST_METHOD", "GET"), ("PATH_INFO", "/nothing"), ("UWSGI_APPID", "/new"),
                 ("UWSGI_FILE", "/etc/passwd"), ("UWSGI_MODULE", "antigravity"),
                 ("UWSGI_SCRIPT", "this")]
    environ = json.loads(ask_uwsgi(node.address("uwsgi"), variables)[2])
    assert environ["UWSGI_MODULE"] == "antigravity"
    assert "this" not in node.log


@pytest.mark.parametrize("variables, scheme", [
    ([("HTTPS", "on")], "https"), ([("HTTPS", "off")], "http"), ([("UWSGI_SCHEME", "xyz")], "xyz"),
    ([("HTTP_X_FORWARDED_PROTO", "https")], "https"),
    ([("HTTPS", "on"), ("HTTP_X_FORWARDED_PROTO", "http")], "https"), ([], "http")])
def test_the_scheme(reprise, variables, scheme):
    node = reprise(BASIC + "socket = {uwsgi}\n")
    environ = json.loads(ask_uwsgi(node.address("uwsgi"), variables)[2])
    assert environ["wsgi.url_scheme"] == scheme


def test_a_packet_that_is_none_costs_its_connection_alone(reprise):
    node = reprise(BASIC + "socket = {uwsgi}\n")
    with connect(node.address("uwsgi")) as connection:
        connection.sendall(b"\x00\x03\x00\x00\xff\xff\xff")
        assert receive_all(connection) == b""
    assert ask_uwsgi(node.address("uwsgi"), [("PATH_INFO", "/pid")])[2].isdigit()
    assert node.stats()["workers"][0]["cores"][0]["read_errors"] == 1


def test_bounds_on_bodies(reprise):
    node = reprise(DIRECT + "limit-post = 10\npost-buffering = 4\n")
    assert ask(node.address("direct"), "/environ", method="POST", body=b"x" * 11)[0].split()[1] == "413"
    answer = ask(node.address("direct"), "/lines", method="POST", body=b"a\nbcdefgh\n")
    assert answer[2] == repr([b"a\n", b"bcd", b"efgh\n"]).encode()


def test_bounds_on_chunked_bodies(reprise):
    chunked = (b"POST /environ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
               b"b\r\n" + b"x" * 11 + b"\r\n0\r\n\r\n")
    for options, status in (("", "500"), ("post-buffering = 4\n", "413")):
        node = reprise(DIRECT + "limit-post = 10\n" + options)
        with connect(node.address("direct")) as connection:
            connection.sendall(chunked)
            assert parse(receive_all(connection))[0].split()[1] == status


def test_a_kept_body_has_a_bound_without_limit_post(reprise):
    node = reprise(DIRECT + "post-buffering = 4\n")
    with connect(node.address("direct")) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 67108865\r\n\r\n")
        assert parse(receive_all(connection))[0].split()[1] == "413"


def test_no_100_inside_an_answer(node):
    with connect(node.address("direct")) as connection:
        connection.sendall(b"POST /write_then_read HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                           b"Expect: 100-continue\r\n\r\n")
        assert receive_some(connection, b"begun").endswith(b"\r\n\r\nbegun")
        connection.sendall(b"abc")
        assert receive_all(connection) == b"abc"


def test_a_traceback_has_no_lines_of_a_client(node):
    ask(node.address("direct"), "/says/x%0Aforged%0D%0A%20%20forged")
    node.wait_for_log("ValueError: /says/x\n    forged\\x0d\n  forged\n")


@pytest.mark.parametrize("path, body", [
    ("/packed", b"unpacked" * 1000), ("/proc", None)])
def test_files_that_are_not_what_their_descriptor_has(node, path, body):
    answer = ask(node.address("direct"), path)[2]
    assert answer == body if body else answer


def test_a_thread_that_reads_when_the_request_is_over(node):
    with connect(node.address("direct")) as connection:
        connection.sendall(b"POST /read_behind HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        assert parse(receive_all(connection))[2] == b"answered"
    assert ask(node.address("direct"), "/readers")[2] == b"OSError"


def test_what_an_application_forks_ends_as_usual(node):
    assert ask(node.address("direct"), "/forks")[2] == b"-15"
    assert ask(node.address("direct"), "/pid")[2].isdigit()


def test_a_body_that_stalls(reprise):
    node = reprise(DIRECT + "socket-timeout = 1\n")
    with connect(node.address("direct")) as connection:
        connection.sendall(b"POST /environ HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
        assert parse(receive_all(connection))[0].split()[1] == "500"
    node.wait_for_log("[uwsgi-body-read] Timeout reading 97 bytes. Content-Length: 100 consumed: 3 "
                      "left: 97")


def test_python_is_in_the_applications_processes_alone(reprise):
    node = reprise(BASIC + "https = {https},{crt},{key}\nprocesses = 2\nhttp-processes = 2\n")
    facts = json.loads(TlsClient().get(node.address("https"), path="/facts").body)
    assert facts["masterpid"] == node.pid

    def with_python():
        return {pid for pid in processes.marked_with(node.mark)
                if "libpython" in Path(f"/proc/{pid}/maps").read_text()}

    wait_until(lambda: len(with_python()) >= 3, 10, "the second worker")
    mapped = with_python()
    assert len(mapped) == 3
    assert node.pid not in mapped and not mapped & set(node.worker_pids().values())
    assert {facts["pid"], facts["ppid"]} <= mapped


def test_through_https_to_the_nodes_own_workers(reprise):
    node = reprise(BASIC + "https = {https},{crt},{key}\n")
    environ = json.loads(TlsClient().get(node.address("https"), path="/environ?q=1").body)
    assert environ["HTTPS"] == "on" and environ["wsgi.url_scheme"] == "https"
    assert environ["UWSGI_ROUTER"] == "http" and environ["REMOTE_PORT"].isdigit()
    assert environ["QUERY_STRING"] == "q=1"


def test_another_user_may_not_use_the_private_socket(reprise):
    node = reprise(BASIC + "http = {http}\n")
    name = re.search(r"bound to UNIX address @(\S+) fd", node.log)[1]
    with socket.socket(socket.AF_UNIX) as own:
        own.connect(f"\0{name}")
        own.sendall(encode([("PATH_INFO", "/pid")]))
        assert parse(receive_all(own))[2].isdigit()
    if os.geteuid() != 0:
        pytest.skip("not root")
    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        with socket.socket(socket.AF_UNIX) as other:
            other.connect(f"\0{name}")
            try:
                other.sendall(encode([("PATH_INFO", "/pid")]))
                os._exit(1 if other.recv(1) else 0)
            except OSError:
                os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_threads_and_processes(reprise):
    node = reprise(DIRECT + "threads = 3\nprocesses = 2\n")
    environ = json.loads(ask(node.address("direct"))[2])
    assert environ["wsgi.multithread"] is True and environ["wsgi.multiprocess"] is True
    assert environ["uwsgi.core"] in (0, 1, 2)
    assert len(node.stats()["workers"]) == 2
    assert len(node.stats()["workers"][0]["cores"]) == 3


MOUNTS = """\
[uwsgi]
pythonpath = {apps}
mount = /one=basic:other
mount = /one/two=basic:factory()
manage-script-name = true
http-socket = {direct}
stats = {stats}
"""


@pytest.mark.parametrize("path, seen", [
    ("/one", ["/one", ""]), ("/one/x", ["/one", "/x"]), ("/one/two/x", ["/one/two", "/x"]),
    ("/onex", ["", "/onex"]), ("/", ["", "/"])])
def test_mount_points(reprise, path, seen):
    node = reprise(MOUNTS, apps=APPS)
    assert json.loads(ask(node.address("direct"), path)[2]) == seen


def test_a_file_and_a_default_callable(reprise):
    node = reprise(f"[uwsgi]\nwsgi-file = {APPS}/basic.py\ncallable = other\n"
                   "http-socket = {direct}\nstats = {stats}\n")
    assert json.loads(ask(node.address("direct"), "/x")[2]) == ["", "/x"]


def test_without_an_application_it_says_so(reprise):
    node = reprise(DIRECT.replace("basic", "nothing_like_this"))
    assert ask(node.address("direct"))[0].split()[1] == "500"
    assert "ModuleNotFoundError: No module named 'nothing_like_this'" in node.log
    assert ("unable to load app 0 (mountpoint='') (callable not found or import error)\n"
            "*** no app loaded. going in full dynamic mode ***") in node.log


@pytest.mark.parametrize("option", ["", "lazy-apps = true\n"])
def test_need_app(start, option):
    node = start(DIRECT.replace("basic", "nothing_like_this") + "need-app = true\n" + option)
    assert node.wait_for_end() == 22
    assert "*** no app loaded. GAME OVER ***" in node.log
    assert "Respawned" not in node.log
    if option:
        assert "need-app requested, destroying the instance..." in node.log


def test_the_settings_that_python_sees(reprise):
    node = reprise(DIRECT + "env = MY_VARIABLE=set\npyargv = a  b\nprocesses = 2\n")
    facts = json.loads(ask(node.address("direct"), "/facts")[2])
    assert facts["argv"] == ["uwsgi", "a", "b"]
    assert facts["set"] == "set" and facts["numproc"] == 2 and facts["workers"] == 2
    assert facts["opt"]["module"] == "basic"


def test_without_the_module_the_start_says_what_is_missing(start, tmp_path):
    program = tmp_path / "reprise"
    program.write_bytes(Path(BINARY).read_bytes())
    program.chmod(0o755)
    node = start(DIRECT, program=str(program))
    assert node.wait_for_end() == 1
    assert "python3-dev and pybind11-dev" in node.log
    assert "node.ini:3:" in node.log


def test_a_virtual_environment(reprise, tmp_path):
    home = tmp_path / "venv"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(home)], check=True)
    packages = next(home.glob("lib/python3*/site-packages"))
    (packages / "installed.py").write_text(
        "import sys\n\ndef application(environ, start_response):\n"
        "    start_response('200 OK', [])\n    return [sys.prefix.encode()]\n")
    node = reprise("[uwsgi]\nvirtualenv = {home}\nmodule = installed\nhttp-socket = {direct}\n"
                   "stats = {stats}\n", home=home)
    assert ask(node.address("direct"))[2] == str(home).encode()
