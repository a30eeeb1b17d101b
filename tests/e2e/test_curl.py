"""curl, as people use it."""

import json
import subprocess

import pytest

from harness import pattern, tls_counts
from harness.configurations import HTTPS, SESSION_CACHE
from harness.waiting import TIME_FACTOR

INI = SESSION_CACHE + HTTPS + "http = {http}\nhttp-keepalive = 1\n"


def curl(*arguments):
    done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", str(20 * TIME_FACTOR),
                           *map(str, arguments)], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_verifies_the_certificate(reprise, backend, certs):
    node = reprise(INI, to=backend().address)
    port = node.address("https").rpartition(":")[2]
    answer = curl("--cacert", certs.rsa.crt, f"https://localhost:{port}/x?y=1")
    assert ["REQUEST_URI", "/x?y=1"] in json.loads(answer)["vars"]


def test_keeps_its_connection(reprise, backend):
    node = reprise(INI, to=backend().address)
    url = f"https://{node.address('https')}/"
    connections = curl("--insecure", "--output", "/dev/null", "--write-out", "%{num_connects}\\n",
                       url, "--output", "/dev/null", url, "--output", "/dev/null", url)
    assert connections.split() == [b"1", b"0", b"0"]


@pytest.mark.parametrize("version, named", [(["--tlsv1.3"], "tls_1_3"),
                                            (["--tls-max", "1.2"], "tls_1_2")])
def test_resumes_on_its_next_connection(reprise, backend, version, named):
    """Without keepalive it connects for every request."""
    node = reprise(SESSION_CACHE + HTTPS + "http-processes = 4\n", to=backend().address)
    url = f"https://{node.address('https')}/"
    connections = curl("--insecure", *version, "--write-out", "%{num_connects}\\n",
                       *["--output", "/dev/null", url] * 6)
    assert connections.split() == [b"1"] * 6
    assert tls_counts.full(node.stats(), named) == 1
    assert tls_counts.resumed(node.stats(), named) == 5


@pytest.mark.parametrize("extra", ["", "http-manage-expect = true\n"])
def test_uploads_a_file(reprise, backend, tmp_path, extra):
    """Above 1 MiB curl asks first (Expect: 100-continue)."""
    node = reprise(INI + extra, to=backend().address)
    file = tmp_path / "file"
    file.write_bytes(b"".join(pattern.blocks(3_000_000)))
    url = f"https://{node.address('https')}/"
    answer = json.loads(curl("--insecure", "--upload-file", file, url))
    assert (answer["length"], answer["sha256"]) == (3_000_000, pattern.checksum(3_000_000))


def test_presents_a_client_certificate(reprise, backend, certs):
    node = reprise(SESSION_CACHE + "https = {https},{crt},{key},HIGH,!{ca}\nhttp-to = {to}\n",
                   to=backend().address, ca=certs.ca.crt)
    answer = curl("--insecure", "--cert", certs.client.crt, "--key", certs.client.key,
                  f"https://{node.address('https')}/")
    assert dict(json.loads(answer)["vars"])["HTTPS_DN"].endswith("CN=client one")


def test_is_told_that_this_is_the_tls_port(reprise, backend):
    node = reprise(INI, to=backend().address)
    answer = curl("--include", f"http://{node.address('https')}/")
    assert answer.startswith(b"HTTP/1.1 400 ") and b"HTTPS" in answer.upper()
