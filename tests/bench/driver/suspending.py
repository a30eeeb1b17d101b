"""What handshakes cost that wait for a store."""

import socket
import ssl
import threading
import time

from .addresses import HOST
from .delay import connect
from .storing import context_of, engine, reprise_storing, session_of, shake_hands, \
    store_stats, wait_until_connected
from .tables import number, table

SETTLING = 0.2
WARM_UP = 40


class Silent:
    """A memcached that greets, and then says nothing."""

    def __init__(self):
        self._listener = socket.create_server((HOST, 0))
        self.address = "%s:%d" % self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    @staticmethod
    def _serve(connection):
        try:
            while data := connection.recv(65536):
                if data == b"version\r\n":
                    connection.sendall(b"VERSION 1\r\n")
        except OSError:
            pass


def client_hello(context, session):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost", session=session)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def measure(run):
    """Markdown. ClientHellos offer sessions that another node made, to a node whose store is silent.
    The memory of its processes while they wait, less what they had with as many connections that
    have said nothing."""
    count = max(20, min(400, round(400 * run.bench.scale)))  # less than may wait, over two workers
    context = context_of(ssl.TLSVersion.TLSv1_2)
    with engine("redis", run.place("made")) as store, \
            run.start(reprise_storing(run.build, "maker", store, run.secret)) as maker:
        hellos = [client_hello(context, session_of(context, maker.port)) for _ in range(count)]
    with Silent() as silent:
        peer = reprise_storing(run.build, "waiting", f"memcached://{silent.address}", run.secret)
        with run.start(peer) as node:
            wait_until_connected(peer, run.workers)
            for _ in range(WARM_UP):
                shake_hands(context, node.port)
            connections = [connect(node.port) for _ in hellos]
            time.sleep(SETTLING)
            before, _ = node.tree.memory_kib()
            for connection, hello in zip(connections, hellos):
                connection.sendall(hello)
            time.sleep(SETTLING)
            waiting = store_stats(peer)["suspended"]
            during, _ = node.tree.memory_kib()
            still = store_stats(peer)["suspended"]
            for connection in connections:
                connection.close()
    if not waiting or still != waiting:
        raise RuntimeError(f"of {count} handshakes {waiting} waited, and {still} afterwards")
    return table(["handshakes that wait for a store", "at one time", "KiB for 1,000"],
                 [["TLS 1.2 by session id", str(waiting),
                   number((during - before) / waiting * 1000, 0)]])
