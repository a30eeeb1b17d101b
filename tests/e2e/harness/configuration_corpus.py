"""Runs the cases of tests/golden/configuration: configurations, and what uWSGI 2.0.21 makes of them.

cases/ has the files and support/ what they refer to; cases.json says how to run those that are more
than `--ini FILE`; uwsgi.json is what uWSGI answered. A result has `config`, the options as
--show-config lists them, or `exit`, the status it ended with before that, and `says`, its last line;
and `stdout`. {DIR} is the directory of the run, {HOST} the machine's name.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .waiting import TIME_FACTOR

DATA = Path(__file__).parents[2] / "golden" / "configuration"
FORMATS = {".ini": "ini", ".xml": "xml", ".yml": "yaml", ".yaml": "yaml", ".json": "json"}
BEGIN, END = b";uWSGI instance configuration\n[uwsgi]\n", b";end of configuration\n"
PLUGINS = "http,rawrouter,python3"
HOST = "uwcfg-host"
CLONE_NEWUTS, CLONE_NEWNET = 0x04000000, 0x40000000


def load(name):
    return json.loads((DATA / f"{name}.json").read_text())


HOW, UWSGI = load("cases"), load("uwsgi")


def isolate():
    """A machine name of our own and no network, if we may."""
    libc = ctypes.CDLL(None)
    if libc.unshare(CLONE_NEWUTS | CLONE_NEWNET) == 0:
        libc.sethostname(HOST.encode(), len(HOST))


def prepare(name, directory):
    """Lays the files of a case out; gives the arguments."""
    file, how = name.split("[")[0], HOW.get(name, {})
    shutil.copytree(DATA / "support", directory, symlinks=True)
    shutil.copyfile(DATA / "cases" / file, directory / file)
    for extra, text in how.get("files", {}).items():
        (directory / extra).parent.mkdir(parents=True, exist_ok=True)
        (directory / extra).write_bytes(text.encode("latin1"))
    plugins = ["--plugins", PLUGINS]
    given = [word.replace("{DIR}", str(directory)) for word in how.get("argv", [])]
    if "raw_argv" in how:
        return [word for part in how["raw_argv"]
                for word in (plugins if part == "{PLUGINS}" else [part])]
    default = [f"--{FORMATS[Path(file).suffix]}", file]
    return [*plugins, "--show-config", *(given if "argv" in how else default)]


def listed(block):
    """The pairs of a --show-config block; a value may have lines of its own."""
    pairs = []
    for line in block.decode("latin1").split("\n")[:-1]:
        key, equals, value = line.partition(" = ")
        if equals:
            pairs.append([key, value])
        elif line.endswith(" ="):
            pairs.append([line[:-2], ""])
        else:
            pairs[-1][1] += "\n" + line
    return pairs


def read_until_listed(process, wait_for_end, limit=10 * TIME_FACTOR):
    """What it wrote on both streams, up to the end of the list or its own end."""
    streams = {process.stdout.fileno(): b"", process.stderr.fileno(): b""}
    live, deadline = set(streams), time.monotonic() + limit
    while live and time.monotonic() < deadline:
        # What it wrote to the other stream before may still be waiting there.
        listed_all = not wait_for_end and any(END in text for text in streams.values())
        ready = select.select(list(live), [], [], 0 if listed_all else 0.05)[0]
        if listed_all and not ready:
            break
        for descriptor in ready:
            piece = os.read(descriptor, 65536)
            streams[descriptor] += piece
            if not piece:
                live.discard(descriptor)
        if process.poll() is not None and not select.select(list(live), [], [], 0)[0]:
            break
    return streams[process.stdout.fileno()], streams[process.stderr.fileno()]


def run(program, name, directory, wait_for_end=False):
    """The result of a case, as uwsgi.json has them, and everything it said."""
    how = HOW.get(name, {})
    arguments = prepare(name, directory)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/nonexistent",
                   "LANG": "C", "LC_ALL": "C", **how.get("env", {})}
    with subprocess.Popen([program, *arguments], cwd=directory, env=environment,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True, preexec_fn=isolate) as process:
        try:
            process.stdin.write(how.get("stdin", "").encode("latin1"))
            process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            out, err = read_until_listed(process, wait_for_end)
        finally:
            if wait_for_end or BEGIN not in err + out:
                try:
                    process.wait(2)
                except subprocess.TimeoutExpired:
                    pass
            status = process.poll()
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    text = err if BEGIN in err else out
    result = {}
    if BEGIN in text and END in text:
        pairs = listed(text[text.index(BEGIN) + len(BEGIN):text.index(END)])
        result["config"] = [[key, "<masked>" if key in how.get("mask", []) else value]
                            for key, value in pairs
                            if not (key.endswith("plugins") and value == PLUGINS)]
    if status is not None:
        result["exit"] = status
    if out and BEGIN not in out:
        result["stdout"] = out.decode("latin1").rstrip("\n").split("\n")
    said = err.decode("latin1").replace(os.path.realpath(program), "BINARY")
    return localised(result, directory), said


def localised(result, directory):
    text = json.dumps(result).replace(str(directory), "{DIR}")
    return json.loads(text.replace(os.uname().nodename, HOST))


def differences(expected, got, said):
    """What of `expected` is not so."""
    found = []
    if "config" in expected and got.get("config") != expected["config"]:
        found.append(f"options: {got.get('config')} instead of {expected['config']}")
    if "config" not in expected and got.get("exit") != expected["exit"]:
        found.append(f"status {got.get('exit')} instead of {expected['exit']}")
    if expected.get("says", "") not in said:
        found.append(f"it does not say {expected['says']!r} but {said[-600:]!r}")
    if got.get("stdout", []) != expected.get("stdout", got.get("stdout", [])):
        found.append(f"output {got.get('stdout')} instead of {expected.get('stdout')}")
    return found
