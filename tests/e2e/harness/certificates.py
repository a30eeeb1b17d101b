"""The certificates of the tests, made once a session with the openssl command."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

CLIENT_SUBJECT = "/C=IT/O=Edge Test/OU=Ops/CN=client one"


@dataclass
class Pair:
    """A certificate (for a leaf under intermediates: the whole chain) and its key."""

    crt: Path
    key: Path

    def pem(self):
        return self.crt.read_text()


class Certificates:
    def __init__(self, directory):
        self.directory = Path(directory)
        self.rsa = self._self_signed("rsa", "/CN=localhost", ["rsa:2048"])
        self.other_rsa = self._self_signed("other-rsa", "/CN=localhost", ["rsa:2048"])
        self.p256 = self._self_signed("p256", "/CN=localhost", _P256)
        self.a_test = self._self_signed("a.test", "/CN=a.test", _P256)
        self.b_test = self._self_signed("b.test", "/CN=b.test", _P256)
        self.ca = self._self_signed("ca", "/CN=client CA", _P256)
        self.client = self._issued("client", CLIENT_SUBJECT, self.ca)
        self.other_ca = self._self_signed("other-ca", "/CN=another CA", _P256)
        self.stranger = self._issued("stranger", "/CN=stranger", self.other_ca)
        self.intermediate = self._issued("intermediate", "/CN=intermediate 1", self.ca, is_ca=True)
        self.lower = self._issued("lower", "/CN=intermediate 2", self.intermediate, is_ca=True)
        self.depth_1 = self._chained("depth1", self.intermediate)
        self.depth_2 = self._chained("depth2", self.lower, self.intermediate)

    def server(self, name, subject):
        """One more self-signed server certificate."""
        return self._self_signed(name, subject, _P256)

    def expired(self, name, subject, key):
        """A self-signed certificate whose time was over yesterday."""
        crt, request, extensions = (self.directory / f"{name}.{end}"
                                    for end in ("crt", "csr", "ext"))
        extensions.write_text(
            f"subjectAltName=DNS:{_common_name(subject)},IP:127.0.0.1\nbasicConstraints=CA:TRUE\n")
        _openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        _openssl("x509", "-req", "-in", request, "-signkey", key, "-days", "-1",
                 "-extfile", extensions, "-out", crt)
        return crt

    def large_client(self):
        """A client certificate of about 6 KiB, by its many names."""
        names = ",".join(f"DNS:{number:04}.a-rather-long-name.example" for number in range(170))
        return self._issued("large-client", "/CN=large", self.ca, extension=f"subjectAltName={names}")

    def _self_signed(self, name, subject, key):
        pair = self._pair(name)
        _openssl("req", "-x509", "-nodes", "-days", "60", "-subj", subject, "-newkey", *key,
                 "-addext", f"subjectAltName=DNS:{_common_name(subject)},IP:127.0.0.1",
                 "-keyout", pair.key, "-out", pair.crt)
        return pair

    def _issued(self, name, subject, issuer, is_ca=False, extension=""):
        pair = self._pair(name)
        request = self.directory / f"{name}.csr"
        extensions = self.directory / f"{name}.ext"
        extensions.write_text(f"basicConstraints=CA:{'TRUE' if is_ca else 'FALSE'}\n{extension}\n")
        _openssl("req", "-nodes", "-subj", subject, "-newkey", *_P256,
                 "-keyout", pair.key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", issuer.crt, "-CAkey", issuer.key,
                 "-CAcreateserial", "-days", "60", "-extfile", extensions, "-out", pair.crt)
        return pair

    def _chained(self, name, *issuers):
        leaf = self._issued(name, f"/CN={name}", issuers[0])
        leaf.crt.write_text("".join(pair.pem() for pair in (leaf, *issuers)))
        return leaf

    def _pair(self, name):
        return Pair(self.directory / f"{name}.crt", self.directory / f"{name}.key")


_P256 = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


def _common_name(subject):
    return subject.rpartition("CN=")[2].replace(" ", "-")


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)
