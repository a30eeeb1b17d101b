"""Clients: HTTP over plain and TLS sockets, with sessions, certificates and every way to leave."""

import http.client
import json
import socket
import ssl
import struct
from dataclasses import dataclass, field

from .addresses import split
from .waiting import TIME_FACTOR

TIMEOUT = 10 * TIME_FACTOR
TLS_1_2 = ssl.TLSVersion.TLSv1_2
TLS_1_3 = ssl.TLSVersion.TLSv1_3
VERSIONS = [TLS_1_2, TLS_1_3]


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes
    resumed: bool = False
    session: ssl.SSLSession = None
    version: str = ""
    server_certificate: bytes = b""
    json: dict = field(default=None, repr=False)


def connect(address, timeout=TIMEOUT):
    return socket.create_connection(split(address), timeout)


def can_connect(address):
    try:
        connect(address, 1).close()
        return True
    except OSError:
        return False


def request_bytes(method="GET", path="/", headers=(), body=b"", close=True, host="localhost"):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += ["Connection: close"] if close else []
    lines += [f"Content-Length: {len(body)}"] if body else []
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def read_answer(connection, method="GET"):
    """One response off a socket (plain or TLS); http.client's errors if it is none or is cut."""
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, body)
    if answer.headers.get("content-type") == "application/json":
        answer.json = json.loads(body)
    return answer


def receive_all(connection):
    """Everything until the other side ends; what came before a reset is kept."""
    data = bytearray()
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return bytes(data)


def receive_exactly(connection, length):
    """That many bytes, or fewer if the other side ends before."""
    data = bytearray()
    while len(data) < length and (piece := connection.recv(length - len(data))):
        data += piece
    return bytes(data)


def get(address, path="/", **options):
    """A request over a plain connection."""
    with connect(address) as connection:
        connection.sendall(request_bytes(path=path, **options))
        return read_answer(connection, options.get("method", "GET"))


def leave_with_reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class TlsClient:
    """One client program: its sessions may be offered again by itself only."""

    def __init__(self, version=None, certificate=None, tickets=True, ciphers=None, no_delay=False):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        # A missing close_notify is an error that the tests want to see.
        self.context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
        if version:
            self.context.minimum_version = self.context.maximum_version = version
        if certificate:
            self.context.load_cert_chain(certificate.crt, certificate.key)
        if not tickets:
            self.context.options |= ssl.OP_NO_TICKET
        if ciphers:
            self.context.set_ciphers(ciphers)
        # Else the request waits up to 40 ms for the acknowledgement of a short handshake's end.
        self.no_delay = no_delay

    def connect(self, address, session=None, sni="localhost", timeout=TIMEOUT):
        """A socket whose handshake is complete."""
        plain = connect(address, timeout)
        try:
            if self.no_delay:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self.context.wrap_socket(plain, server_hostname=sni, session=session,
                                            suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def get(self, address, session=None, sni="localhost", leave="notify", **options):
        """One request on a connection of its own. `leave`: "notify" (both ends close_notify), "fin"
        (the socket is closed without) or "reset"."""
        with self.connect(address, session, sni) as connection:
            connection.sendall(request_bytes(**options))
            answer = read_answer(connection, options.get("method", "GET"))
            answer.resumed = connection.session_reused
            answer.version = connection.version()
            answer.server_certificate = connection.getpeercert(binary_form=True)
            answer.session = connection.session   # TLS 1.3: the ticket came with the answer
            if leave == "notify":
                say_goodbye(connection)
            elif leave == "reset":
                leave_with_reset(connection)
            return answer

    def session(self, address, sni="localhost", **options):
        """The session of a first, full handshake."""
        answer = self.get(address, sni=sni, **options)
        assert not answer.resumed
        assert answer.session is not None, "the server gave no session"
        return answer.session

    def handshake_refused(self, address, session=None, sni="localhost"):
        """True if no request gets through. TLS 1.3 tells the client only at its first read."""
        try:
            self.get(address, session=session, sni=sni)
        except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
            return True
        return False


def say_goodbye(connection):
    """close_notify in both directions; the server's may be on the way or read already."""
    try:
        connection.unwrap().close()
    except (OSError, ssl.SSLError, ValueError):
        pass
