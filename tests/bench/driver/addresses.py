"""Free ports on loopback, outside the range of outgoing connections."""

import random
import socket
import time

HOST = "127.0.0.1"


def free_port():
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port


def wait_until_open(port, alive, limit=10.0):
    """Until somebody listens. RuntimeError if `alive()` turns false or nobody does in time."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if not alive():
            raise RuntimeError("ended before it listened")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("does not listen")
