"""An HTTP/1.1 server made of threads and a script, which keeps the raw bytes that it got."""

import socket
import struct
import threading

from .addresses import HOST

TIMEOUT = 30


class Request:
    """One request as it came, taken apart without any leniency."""

    def __init__(self, connection, number, head, body):
        self.socket = connection
        self.connection = number   # which of the server's, from 0
        self.head = head
        self.body = body
        line, *fields = head.removesuffix(b"\r\n\r\n").decode("latin-1").split("\r\n")
        self.method, self.target, self.version = line.split(" ")
        self.pairs = [tuple(field.split(": ", 1)) for field in fields]
        self.fields = {name.lower(): value for name, value in self.pairs}
        self.last = False   # set: the connection ends behind the answer

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def reply(self, body=b"", status="200 OK", headers=()):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        shown = b"" if self.method == "HEAD" else body
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + shown)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.last = True


class HttpBackend:
    """Listens on a free port of its own; `requests` is what came, in order."""

    def __init__(self, behaviour, address=(HOST, 0)):
        self.behaviour = behaviour
        self.requests = []
        self.failures = []
        self.accepted = 0
        self.open = set()
        self._listener = socket.create_server(address, backlog=512)
        self.address = f"{HOST}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.hang_up()

    def hang_up(self):
        """Ends every connection there is."""
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            number, self.accepted = self.accepted, self.accepted + 1
            self.open.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection, number):
        connection.settimeout(TIMEOUT)
        # What it sends arrives when it is sent, not with the acknowledgement of what was before.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = _Reader(connection)
        try:
            while request := reader.request(number):
                self.requests.append(request)
                self.behaviour(request)
                if request.last:
                    break
        except (OSError, ValueError) as problem:
            self.failures.append(problem)
        finally:
            self.open.discard(connection)
            connection.close()


class _Reader:
    def __init__(self, connection):
        self._socket = connection
        self._data = b""

    def _more(self):
        piece = self._socket.recv(65536)
        self._data += piece
        return bool(piece)

    def _take(self, length):
        while len(self._data) < length:
            if not self._more():
                raise ValueError("the request ended early")
        taken, self._data = self._data[:length], self._data[length:]
        return taken

    def _line(self):
        while b"\r\n" not in self._data:
            if not self._more():
                raise ValueError("the request ended early")
        return self._take(self._data.index(b"\r\n") + 2)

    def request(self, number):
        """The next one; None at the connection's end."""
        while b"\r\n\r\n" not in self._data:
            if not self._more():
                if self._data:
                    raise ValueError(f"the head ended early: {self._data[:100]!r}")
                return None
        head = self._take(self._data.index(b"\r\n\r\n") + 4)
        request = Request(self._socket, number, head, b"")
        if request.fields.get("transfer-encoding") == "chunked":
            request.body = self._chunks()
        else:
            request.body = self._take(int(request.fields.get("content-length", 0)))
        return request

    def _chunks(self):
        body = b""
        while size := int(self._line(), 16):
            body += self._take(size)
            assert self._take(2) == b"\r\n"
        assert self._take(2) == b"\r\n", "trailers"
        return body


# Behaviours.


def ok(request):
    """Answers with what it was asked for."""
    request.reply(request.target.encode("latin-1"), headers=[f"X-Method: {request.method.lower()}"])


def sends(data, last=False):
    """These bytes, whatever is asked."""

    def behaviour(request):
        request.send(data)
        request.last = last

    return behaviour
