"""Debian's uWSGI as a backend (plugin python3) or as the router to compare with (plugin http)."""

import os
import signal
import subprocess
from pathlib import Path

from .addresses import HOST, free_port, split
from .clients import can_connect
from .waiting import wait_until

APPS = Path(__file__).parent.parent / "apps"


class RealUwsgi:
    """A running uwsgi; `address` is where it listens, `log` what it wrote."""

    def __init__(self, directory, arguments, address):
        self.address = address
        self._log_file = Path(directory) / f"uwsgi-{split(address)[1]}.log"
        with open(self._log_file, "wb") as log:
            self.process = subprocess.Popen(["uwsgi", *arguments], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=directory)
        try:
            wait_until(lambda: can_connect(address) or self._ended(), what="uwsgi to listen")
        except BaseException:
            self.close()
            raise

    @property
    def log(self):
        return self._log_file.read_text(errors="replace")

    def close(self):
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)

    def _ended(self):
        if self.process.poll() is not None:
            raise AssertionError(f"uwsgi ended with {self.process.returncode}:\n{self.log}")
        return False


def application_server(directory, app="echo.py"):
    address = f"{HOST}:{free_port()}"
    return RealUwsgi(directory, ["--plugin", "python3", "--socket", address, "--wsgi-file",
                                 str(APPS / app), "--need-app", "--buffer-size", "32768"], address)


def http_router(directory, *arguments, listen="--http", tls=""):
    """uWSGI's own router on a free port; `tls` is what follows the address of --https."""
    address = f"{HOST}:{free_port()}"
    return RealUwsgi(directory, ["--plugin", "http", "--master", listen, address + tls,
                                 *arguments], address)


def cache_node(directory, server, node):
    """A uWSGI whose default cache has these peers, and apps/cache.py to use it by HTTP."""
    address = f"{HOST}:{free_port()}"
    return RealUwsgi(directory, [
        "--plugin", "python3,cache", "--master", "--cache", "100", "--cache-blocksize", "4096",
        "--cache-udp-server", server, "--cache-udp-node", node, "--http-socket", address,
        "--wsgi-file", str(APPS / "cache.py"), "--need-app"], address)
