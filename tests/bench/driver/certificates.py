"""The servers' certificates, one of each kind."""

import subprocess

KEYS = {"rsa": ["rsa:2048"], "p256": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]}


def make(kind, directory):
    """(certificate, key), made at the first call."""
    crt, key = directory / f"{kind}.crt", directory / f"{kind}.key"
    if not crt.exists():
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-days", "30", "-subj",
                        "/CN=localhost", "-newkey", *KEYS[kind], "-keyout", key, "-out", crt],
                       check=True, capture_output=True)
    return crt, key
