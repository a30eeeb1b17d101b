"""WSGI applications for the tests; the path says what is wanted."""

import gzip
import io
import json
import os
import signal
import sys
import tempfile
import threading
import time

import uwsgi

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "basic.py")


def shown(value):
    return value if isinstance(value, (str, int, bool)) else repr(value)


def environ(env, start_response):
    body = env["wsgi.input"].read()
    document = {key: shown(value) for key, value in env.items()}
    document["__order__"] = list(env)
    document["__body__"] = body.decode("latin-1")
    return text(start_response, json.dumps(document))


def text(start_response, what, status="200 OK"):
    body = what.encode() if isinstance(what, str) else what
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def raise_first(env, start_response):
    raise ValueError("boom é")


def raise_later(env, start_response):
    start_response("200 OK", [("Content-Length", "100")])
    yield b"begin"
    raise ValueError("in the middle")


def exc_info(env, start_response):
    start_response("200 OK", [("X-First", "1")])
    try:
        raise ValueError("replaced")
    except ValueError:
        start_response("503 Replaced", [("X-Second", "1")], sys.exc_info())
    return [b"second"]


def exc_info_too_late(env, start_response):
    write = start_response("200 OK", [])
    write(b"sent")
    try:
        raise ValueError("too late")
    except ValueError:
        start_response("500 Late", [], sys.exc_info())
    return [b"never"]


def raise_later_without_length(env, start_response):
    start_response("200 OK", [])
    yield b"begin"
    raise ValueError("in the middle")


def crash_in_the_middle(env, start_response):
    start_response("200 OK", [])
    yield b"begin"
    os.kill(os.getpid(), signal.SIGKILL)


def pieces(env, start_response):
    start_response("200 OK", [])
    return iter([b"one", b"", b"two", b"x" * 100000, b"end"])


def empty(env, start_response):
    start_response("200 OK", [])
    return []


def writes_without_length(env, start_response):
    write = start_response("200 OK", [])
    write(b"abc")
    return [b"def"]


def own_chunks(env, start_response):
    start_response("200 OK", [("Transfer-Encoding", "chunked")])
    return [b"3\r\nabc\r\n", b"0\r\n\r\n"]


def writes(env, start_response):
    write = start_response("200 OK", [("Content-Length", "6")])
    write(b"abc")
    return [b"def"]


def write_then_read(env, start_response):
    start_response("200 OK", [])(b"begun")
    return [env["wsgi.input"].read()]


def bad_header(env, start_response):
    start_response("200 OK", [("X-Bad", "a\r\nSet-Cookie: b")])
    return [b"never"]


def bad_status(env, start_response):
    start_response("200 OK\r\nX-Injected: 1", [])
    return [b"never"]


def twice(env, start_response):
    start_response("200 OK", [])
    start_response("200 OK", [])
    return [b"never"]


def no_start(env, start_response):
    return [b"never"]


def not_bytes(env, start_response):
    start_response("200 OK", [])
    return ["text"]


class Closing:
    closed = 0

    def __init__(self, items):
        self.items = iter(items)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.items)

    def close(self):
        Closing.closed += 1


def closes(env, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return Closing([b"a", b"b"])


def closed(env, start_response):
    return text(start_response, str(Closing.closed))


def lines(env, start_response):
    source = env["wsgi.input"]
    answer = [source.readline(), source.readline(3), *source]
    return text(start_response, repr(answer))


def file(env, start_response):
    wrapped = open(DATA, "rb")
    wrapped.seek(3)
    start_response("200 OK", [("Content-Type", "text/x-python")])
    return env["wsgi.file_wrapper"](wrapped, 4096)


def memory(env, start_response):
    start_response("200 OK", [])
    return env["wsgi.file_wrapper"](io.BytesIO(b"m" * 100000), 4096)


def packed(env, start_response):
    data = gzip.compress(b"unpacked" * 1000)
    file = tempfile.NamedTemporaryFile(suffix=".gz")
    file.write(data)
    file.flush()
    start_response("200 OK", [])
    return env["wsgi.file_wrapper"](gzip.open(file.name), 4096)


def proc(env, start_response):
    start_response("200 OK", [])
    return env["wsgi.file_wrapper"](open("/proc/self/cmdline", "rb"), 4096)


def says(env, start_response):
    raise ValueError(env["PATH_INFO"])


READERS = []


def read_behind(env, start_response):
    """Reads in a thread that is still waiting when the request is over."""
    def read():
        try:
            READERS.append(repr(env["wsgi.input"].read()))
        except Exception as error:
            READERS.append(type(error).__name__)
    threading.Thread(target=read, daemon=True).start()
    time.sleep(0.3)
    return text(start_response, "answered")


def readers(env, start_response):
    return text(start_response, ",".join(READERS))


def forks(env, start_response):
    """How a child ends that gets SIGTERM."""
    child = os.fork()
    if child == 0:
        time.sleep(20)
        os._exit(0)
    time.sleep(0.2)
    os.kill(child, signal.SIGTERM)
    return text(start_response, str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))


def big(env, start_response):
    body = b"x" * (1 << 20)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def sleep(env, start_response):
    time.sleep(float(env["QUERY_STRING"]))
    return text(start_response, f"slept in {os.getpid()}")


def crash(env, start_response):
    os.kill(os.getpid(), 11)


def pid(env, start_response):
    return text(start_response, str(os.getpid()))


def facts(env, start_response):
    return text(start_response, json.dumps({
        "masterpid": uwsgi.masterpid(), "worker_id": uwsgi.worker_id(), "pid": os.getpid(),
        "ppid": os.getppid(), "numproc": uwsgi.numproc, "version": uwsgi.version.decode(),
        "argv": sys.argv, "executable": sys.executable, "set": os.environ.get("MY_VARIABLE"),
        "opt": {key: value.decode() if isinstance(value, bytes) else value
                for key, value in uwsgi.opt.items()},
        "workers": len(uwsgi.workers()), "requests": uwsgi.total_requests()}))


def reload(env, start_response):
    return text(start_response, repr(uwsgi.reload()))


def head(env, start_response):
    return text(start_response, "a body that HEAD has not")


def cache(env, start_response):
    """/cache?function&argument&…: the function's repr; arguments that are digits are numbers."""
    name, *arguments = env["QUERY_STRING"].split("&")
    values = [int(each) if each.lstrip("-").isdigit() else each for each in arguments]
    try:
        return text(start_response, repr(getattr(uwsgi, name)(*values)))
    except Exception as error:
        return text(start_response, repr(error))


def locked(env, start_response):
    """Counts in a file, which goes wrong without a lock; the file is named by the query."""
    path = env["QUERY_STRING"]
    for _ in range(20):
        uwsgi.lock()
        try:
            with open(path) as file:
                number = int(file.read())
            time.sleep(0.001)
            with open(path, "w") as file:
                file.write(str(number + 1))
        finally:
            uwsgi.unlock()
    return text(start_response, "done")


def lock_and_crash(env, start_response):
    uwsgi.lock(1)
    os.kill(os.getpid(), signal.SIGKILL)


def lock_states(env, start_response):
    states = []
    for call in (lambda: uwsgi.is_locked(1), lambda: uwsgi.lock(1), lambda: uwsgi.is_locked(1),
                 lambda: uwsgi.lock(1), lambda: uwsgi.unlock(1), lambda: uwsgi.is_locked(1),
                 lambda: uwsgi.unlock(1), lambda: uwsgi.lock(2)):
        try:
            states.append(call())
        except ValueError as error:
            states.append(str(error))
    return text(start_response, json.dumps(states))


def printing(env, start_response):
    print("printed by the application")
    env["wsgi.errors"].write("written to wsgi.errors\n")
    return text(start_response, "ok")


KEPT = []


def keep(env, start_response):
    KEPT.append(env)
    return text(start_response, ",".join(each["QUERY_STRING"] for each in KEPT))


def application(env, start_response):
    name = env.get("PATH_INFO", "").strip("/").split("/")[0] or "environ"
    return globals().get(name, environ)(env, start_response)


def other(env, start_response):
    return text(start_response, json.dumps([env.get("SCRIPT_NAME"), env["PATH_INFO"]]))


def factory():
    return other
