"""What a backend receives: the same packet from both routers."""

import pytest

from harness.clients import TLS_1_2, TLS_1_3, TlsClient, connect, receive_all, request_bytes

HTTP = "[uwsgi]\nmaster = true\nhttp = {http}\nhttp-to = {to}\n"
HTTPS = "[uwsgi]\nmaster = true\nhttps = {https},{crt},{key},HIGH,{ca}\nhttp-to = {to}\n"

# Whatever both must read in the same way. Where ours differs on purpose (smuggling, obsolete
# folding, underscores, cookies) the end-to-end tests say how.
REQUESTS = {
    "simple": request_bytes(),
    "query": request_bytes(path="/a%20b/c?x=1&y=%20"),
    "empty query": request_bytes(path="/a?"),
    "dots": request_bytes(path="/a/./b/../c/d/.."),
    "above the root": request_bytes(path="/../../x"),
    "double slash": request_bytes(path="/a//b"),
    "percent": request_bytes(path="/100%25"),
    "star": request_bytes("OPTIONS", "*"),
    "other method": request_bytes("PROPFIND", "/dav"),
    "no host": b"GET /old HTTP/1.0\r\n\r\n",
    "headers": request_bytes(headers=[("X-One", "1"), ("content-type", "text/plain"),
                                      ("Accept-Encoding", "gzip"), ("X-Empty", ""),
                                      ("X-Colon", "a:b"), ("User-Agent", "test/1.0 (x; y)")]),
    "repeated header": request_bytes(headers=[("X-A", "1"), ("X-B", "b"), ("x-a", "2")]),
    "forwarding headers": request_bytes(headers=[("X-Forwarded-For", "9.9.9.9"),
                                                 ("X-Forwarded-Proto", "https"),
                                                 ("Forwarded", "for=1.1.1.1")]),
    "long header": request_bytes(headers=[("X-Long", "v" * 8000)]),
    "many headers": request_bytes(headers=[(f"X-{i}", str(i)) for i in range(200)]),
    "body": request_bytes("POST", "/p", body=b"a=b&c"),
    "long body": request_bytes("POST", "/p", body=b"0123456789" * 20000),
    "spoofed TLS variables": request_bytes(headers=[("HTTPS", "on"), ("Https-Dn", "/CN=admin")]),
}


def packets(nodes, server, send):
    """The (variables, body) that each node's backend got for one request."""
    found = []
    for node in nodes:
        del server.requests[:]
        port = send(node)
        (exchange,) = server.requests
        found.append((comparable(exchange.pairs, node, port), exchange.modifiers, exchange.body))
    return found


def comparable(pairs, node, client_port):
    """Without what differs between two instances; uWSGI prints the client's port byte-swapped."""
    swapped = (client_port & 0xFF) << 8 | client_port >> 8
    ports = {str(client_port), str(swapped)}
    listener = node.option("http") or node.option("https").split(",")[0]
    names = {"SERVER_PORT": listener.rpartition(":")[2]}

    def same(name, value):
        if name == "REMOTE_PORT":
            return "client port" if value in ports else value
        return name if value == names.get(name) else value

    return [(name, same(name, value)) for name, value in pairs]


def recording(exchange):
    exchange.body = b"".join(exchange.body_pieces())
    exchange.reply(b"ok")


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_becomes_the_same_packet(both, backend, name):
    server = backend(recording)
    nodes = both(HTTP, to=server.address)

    def send(node):
        with connect(node.address("http")) as connection:
            connection.sendall(REQUESTS[name])
            assert receive_all(connection).endswith(b"ok")
            return connection.getsockname()[1]

    theirs, ours = packets(nodes, server, send)
    assert ours == theirs


@pytest.mark.parametrize("options", ["http-var = A=B\nhttp-var = X=1=2\nhttp-var = NOEQ\n",
                                     "http-modifier1 = 5\nhttp-modifier2 = 9\n"])
def test_options_that_change_the_packet(both, backend, options):
    server = backend(recording)
    nodes = both(HTTP + options, to=server.address)

    def send(node):
        with connect(node.address("http")) as connection:
            connection.sendall(request_bytes())
            receive_all(connection)
            return connection.getsockname()[1]

    theirs, ours = packets(nodes, server, send)
    assert ours == theirs


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=lambda version: version.name)
@pytest.mark.parametrize("certificate", [False, True], ids=["without", "with certificate"])
@pytest.mark.parametrize("option", ["", "https-export-cert = true\n"])
def test_tls_adds_the_same_variables(both, backend, certs, version, certificate, option):
    server = backend(recording)
    nodes = both(HTTPS + option, to=server.address, ca=certs.ca.crt)
    client = TlsClient(version, certificate=certs.client if certificate else None)

    def send(node):
        with client.connect(node.address("https")) as connection:
            connection.sendall(request_bytes())
            receive_all(connection)
            return connection.getsockname()[1]

    theirs, ours = packets(nodes, server, send)
    assert ours == theirs
