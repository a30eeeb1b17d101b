"""What people run: Flask, Django, werkzeug, and the validator of PEP 3333."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from harness import chromium
from harness.addresses import free_address, split
from harness.clients import TlsClient
from harness.uwsgi_packet import encode
from test_wsgi import APPS, ask, parse, connect, receive_all

INI = """\
[uwsgi]
pythonpath = {apps}
module = frameworks:{callable}
https = {https},{crt},{key}
http-socket = {direct}
socket = {uwsgi}
stats = {stats}
"""
GOLDEN = Path(__file__).parent / "golden"


def test_the_validator_has_nothing_to_say(reprise):
    node = reprise(INI, apps=APPS, callable="valid")
    for path in ("/", "/a%20b?c=d"):
        assert ask(node.address("direct"), path, method="POST", body=b"body")[2] == b"body"
        assert TlsClient().get(node.address("https"), path=path, body=b"body",
                               method="POST").body == b"body"
    assert "Assertion" not in node.log and "Warning" not in node.log


@pytest.mark.parametrize("framework", ["flask", "django"])
def test_a_framework(reprise, framework):
    pytest.importorskip(framework)
    node = reprise(INI, apps=APPS, callable=f"{framework}()")
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    answer = json.loads(TlsClient().get(
        node.address("https"), path="/hello/w%C3%B6rld?q=1", method="POST", headers=form,
        body=b"a=1&b=%C3%A9").body)
    assert answer["name"] == "wörld" and answer["form"] == {"a": "1", "b": "é"}
    assert answer["url"].startswith("https://localhost/hello/w")
    source = (APPS / "frameworks.py").read_bytes()
    assert TlsClient().get(node.address("https"), path="/file").body == source
    assert ask(node.address("direct"), "/file")[2] == source
    assert node.log.count("via sendfile()") == 2
    if framework == "flask":
        assert ask(node.address("direct"), "/stream")[2].splitlines()[-1] == b"999"
        assert ask(node.address("direct"), "/error")[0].split()[1] == "500"


REQUEST = (b"POST /p%%20a/th/..%%2fx?q=1&r=%%41 HTTP/1.%d\r\nHost: example.com:8443\r\n"
           b"User-Agent: ua/1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nX-Dup: a\r\n"
           b"Cookie: c=1\r\nX-Dup: b\r\nX_Under: u\r\nAccept: */*\r\nX-Latin: caf\xc3\xa9\r\n"
           b"X-Empty:\r\nX-Forwarded-For: 9.9.9.9\r\nAuthorization: Basic QTpC\r\n"
           b"Connection: close\r\n\r\nhello")


def expected(name):
    golden = json.loads((GOLDEN / f"environ_{name}.json").read_text())
    return {key: value for key, value in golden.items() if not key.startswith("__")}, \
        golden["__order__"]


def differences(environ, golden):
    return {key for key in set(environ) | set(golden)
            if not key.startswith("__") and environ.get(key) != golden.get(key)
            and (key not in environ or key not in golden or not isinstance(golden[key], dict))}


# Where ours is another on purpose (compat/README.md), or a machine's or port's own.
OWN = {"SERVER_NAME", "SERVER_PORT", "REMOTE_PORT"}
SAFER = {"PATH_INFO", "HTTP_X_UNDER"}


@pytest.mark.parametrize("golden, minor", [("http_socket", 1), ("http10", 0)])
def test_environ_over_http(reprise, golden, minor):
    node = reprise(INI.replace("frameworks:{callable}", "basic"), apps=APPS)
    with connect(node.address("direct")) as connection:
        connection.sendall(REQUEST % minor)
        environ = json.loads(parse(receive_all(connection))[2])
    wanted, order = expected(golden)
    if minor == 1:
        assert differences(environ, wanted) <= OWN | SAFER
        assert environ["__order__"] == [key for key in order if key != "HTTP_X_UNDER"]
    assert environ["SERVER_PROTOCOL"] == wanted["SERVER_PROTOCOL"]
    assert environ["SERVER_PORT"] == str(split(node.address("direct"))[1])
    assert environ["PATH_INFO"] == "/p a/x"
    assert environ["__body__"] == "hello"


def test_environ_through_the_router(reprise):
    node = reprise(INI.replace("frameworks:{callable}", "basic"), apps=APPS)
    with TlsClient().connect(node.address("https")) as connection:
        connection.sendall(REQUEST % 1)
        own_port = connection.getsockname()[1]
        environ = json.loads(parse(receive_all(connection))[2])
    wanted, order = expected("https_router")
    assert differences(environ, wanted) <= OWN | SAFER
    assert environ["__order__"] == [key for key in order if key != "HTTP_X_UNDER"]
    assert environ["REMOTE_PORT"] == str(own_port)


@pytest.mark.parametrize("golden", ["uwsgi_socket_nginx_like", "uwsgi_socket_minimal"])
def test_environ_over_uwsgi(reprise, golden):
    node = reprise(INI.replace("frameworks:{callable}", "basic"), apps=APPS)
    wanted, order = expected(golden)
    variables = [(key, wanted[key]) for key in order if "wsgi." not in key]
    with connect(node.address("uwsgi")) as connection:
        connection.sendall(encode(variables) + b"hello")
        environ = json.loads(parse(receive_all(connection))[2])
    assert differences(environ, wanted) == set()
    assert environ["__order__"] == order


@pytest.fixture
def documents_nodes(reprise):
    """Its two files as they are printed, with addresses and certificates of this machine."""
    pytest.importorskip("werkzeug")
    peers = [free_address(), free_address()]
    nodes = []
    for name, own, peer in (("first", 0, 1), ("second", 1, 0)):
        file = Path(__file__).parents[2] / "examples" / "named-cache" / f"{name}.ini"
        text = file.read_text()
        for old, new in ((":8443,foobar.crt,foobar.key", "{https},{crt},{key}"),
                         (":8444,foobar.crt,foobar.key", "{https},{crt},{key}"),
                         ("stats = :5001", "stats = {stats}"), ("stats = :5002", "stats = {stats}"),
                         ("udp=127.0.0.1:4141", f"udp={peers[own]}"),
                         ("udp=127.0.0.1:4242", f"udp={peers[own]}"),
                         ("node=127.0.0.1:4141", f"node={peers[peer]}"),
                         ("node=127.0.0.1:4242", f"node={peers[peer]}")):
            text = text.replace(old, new)
        nodes.append(reprise(text))
    return nodes


def test_the_documents_two_files(documents_nodes):
    nodes = documents_nodes
    client = TlsClient()
    made = client.get(nodes[0].address("https"))
    assert made.status == 200 and b"<h1>WSGI Information</h1>" in made.body
    nodes[1].wait_for_stats(lambda stats: stats["caches"][0]["items"] >= 1)
    again = client.get(nodes[1].address("https"), session=made.session)
    assert again.resumed and b"wsgi.url_scheme" in again.body
    assert nodes[1].stats()["workers"][0]["requests"] == 1


@pytest.mark.deadline(120)
@pytest.mark.skipif(not chromium.PROGRAM, reason="there is no chromium")
def test_a_browser_shows_the_documents_page(documents_nodes, session_directory, certs):
    """On both ports. REPRISE_ARTEFACTS names a directory for the pictures."""
    browser = chromium.Chromium(Path(tempfile.mkdtemp(dir=session_directory)), certs.rsa.crt)
    pictures = Path(os.environ.get("REPRISE_ARTEFACTS") or session_directory)
    try:
        for number, node in enumerate(documents_nodes, 1):
            page = browser.open(f"https://{node.address('https')}/")
            assert "WSGI Information" in page and "UWSGI_ROUTER" in page
            picture = browser.screenshot()
            assert picture.startswith(b"\x89PNG") and len(picture) > 10000
            (pictures / f"named-cache-{number}.png").write_bytes(picture)
    finally:
        browser.close()
