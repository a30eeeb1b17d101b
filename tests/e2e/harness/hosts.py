"""Hosts of their own on one machine: network namespaces, joined by a bridge.

Everything lies in namespaces, the bridge too, so that nothing of the machine's own network is
touched and removing the namespaces removes it all."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import processes
from .waiting import TIME_FACTOR, wait_until

PREFIX = "reprise-e2e"
TIMEOUT = 10 * TIME_FACTOR
HARNESS = Path(__file__).parent


class NotPermitted(Exception):
    """Network namespaces cannot be made here; the text says why."""


class Network:
    """A bridge, and a host for each name; its address is in the network of /24."""

    def __init__(self, addresses):
        self._namespaces = []
        self.hosts = {}
        _check_permission()
        _remove_leftovers()
        try:
            self._build(addresses)
        except BaseException:
            self.close()
            raise

    def __getitem__(self, name):
        return self.hosts[name]

    def unplug(self, *names):
        _batch(self._switch, *(f"link set {name} down" for name in names))

    def plug_in(self, *names):
        _batch(self._switch, *(f"link set {name} up" for name in names))

    def separate(self, *names):
        """Nothing passes between these any more; all other hosts reach them."""
        _batch(self._switch, *(f"link set {name} type bridge_slave isolated on" for name in names))

    def join(self, *names):
        _batch(self._switch, *(f"link set {name} type bridge_slave isolated off" for name in names))

    def close(self):
        for host in self.hosts.values():
            host.close()
        for name in self._namespaces:
            _remove_namespace(name)
        self._namespaces.clear()

    def _build(self, addresses):
        switch = self._switch = self._namespace("switch")
        # Without snooping each multicast packet goes to every port, as in a simple switch.
        _batch(switch, "link add bridge type bridge mcast_snooping 0", "link set bridge up")
        for name, address in addresses.items():
            namespace = self._namespace(name)
            _batch(switch,
                   f"link add {name} type veth peer name eth0 netns {namespace}",
                   f"link set {name} master bridge up")
            # The route is what a real host has by its default route.
            _batch(namespace, "link set lo up", f"address add {address}/24 dev eth0",
                   "link set eth0 up", "route add 224.0.0.0/4 dev eth0")
            self.hosts[name] = Host(namespace, address)

    def _namespace(self, name):
        full = f"{PREFIX}-{os.getpid()}-{name}"
        done = _ip("netns", "add", full)
        if done.returncode != 0:
            raise NotPermitted(f"`ip netns add` failed: {done.stderr.strip()}")
        self._namespaces.append(full)
        return full


class Host:
    """One of them. What runs on it is started with `wrapper` before its command; what connects
    from it is a process of its own (harness/agent.py), started when it is needed."""

    def __init__(self, namespace, address):
        self.address = address
        self.wrapper = ("ip", "netns", "exec", namespace)
        self._agent = None
        self._programs = []

    def start(self, *command, **options):
        """It is ended when the network is closed, if not before."""
        program = subprocess.Popen([*self.wrapper, *map(str, command)], stdin=subprocess.DEVNULL,
                                   start_new_session=True, **options)
        self._programs.append(program)
        return program

    def run(self, *command):
        """To its end, which is a good one."""
        subprocess.run([*self.wrapper, *command], check=True, timeout=TIMEOUT)

    def lose(self, percent):
        """So many of the UDP datagrams that it sends never arrive."""
        chance = 0xffffffff * percent // 100
        # Ethernet of IPv4, its protocol UDP, and a random number: dropped, or left to others.
        program = (f"9,40 0 0 12,21 0 5 {0x800},48 0 0 23,21 0 3 17,32 0 0 {0xfffff038},"
                   f"37 1 0 {chance},6 0 0 2,6 0 0 {0xffffffff},6 0 0 {0xffffffff}")
        try:
            self.run("tc", "qdisc", "add", "dev", "eth0", "clsact")
            self.run("tc", "filter", "add", "dev", "eth0", "egress", "bpf", "da", "bytecode", program)
        except subprocess.CalledProcessError as failure:
            raise NotPermitted(f"datagrams cannot be lost here: {failure}") from None

    def read(self, address):
        """What a port says to whoever connects."""
        return self._ask("read", address=address)

    def get(self, address, version, session=None):
        """The answer, as a dictionary. Its "session" may be offered by a later one."""
        return self._ask("get", address=address, version=version.name, session=session)

    def can_connect(self, address):
        return self._ask("can_connect", address=address)

    def wait_for_port(self, port):
        address = f"{self.address}:{port}"
        wait_until(lambda: self.can_connect(address), 30, f"{address} to listen")

    def close(self):
        for program in (self._agent, *self._programs):
            if program:
                program.kill()
                program.wait(TIMEOUT)
        self._agent = None
        self._programs.clear()

    def _ask(self, what, **arguments):
        if not self._agent:
            self._agent = subprocess.Popen(
                [*self.wrapper, sys.executable, "-m", f"{HARNESS.name}.agent"],
                cwd=HARNESS.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            self._agent.stdin.write(json.dumps([what, arguments]) + "\n")
            self._agent.stdin.flush()
            answer = json.loads(self._agent.stdout.readline())
        except BaseException:
            # Whatever it would still say is no answer to the next question.
            self._agent.kill()
            self._agent.wait(TIMEOUT)
            self._agent = None
            raise
        if "error" in answer:
            raise AssertionError(f"{what} {arguments} from {self.address}: {answer['error']}")
        return answer["result"]


def _check_permission():
    if os.geteuid() != 0:
        raise NotPermitted("network namespaces need root")
    if not shutil.which("ip"):
        raise NotPermitted("network namespaces need the command `ip`")


def _remove_leftovers():
    """Of tests that were killed."""
    directory = Path("/run/netns")
    for file in directory.iterdir() if directory.exists() else ():
        found = re.fullmatch(rf"{PREFIX}-(\d+)-\w+", file.name)
        if found and not processes.is_running(int(found[1])):
            _remove_namespace(file.name)


def _remove_namespace(name):
    done = _ip("netns", "delete", name)
    if done.returncode != 0:
        print(f"the namespace {name} is left behind: {done.stderr.strip()}")


def _batch(namespace, *lines):
    done = _ip("-netns", namespace, "-batch", "-", text="\n".join(lines) + "\n")
    if done.returncode != 0:
        raise AssertionError(f"in {namespace}: {done.stderr.strip()}")


def _ip(*arguments, text=""):
    return subprocess.run(["ip", *arguments], input=text, capture_output=True, text=True,
                          timeout=TIMEOUT)
