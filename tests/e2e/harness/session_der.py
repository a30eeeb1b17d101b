"""The DER of a TLS session, field by field (OpenSSL's SSL_SESSION_ASN1)."""

import base64

INTEGER, OCTET_STRING, SEQUENCE = 0x02, 0x04, 0x30
# Explicit fields, by their numbers.
TIME, TIMEOUT, PEER, CONTEXT, SERVER_NAME = (0xa0 | number for number in (1, 2, 3, 4, 6))
# What has no number, in its order: version of the structure, version of TLS, cipher suite, id, secret.
FIRST = (INTEGER, INTEGER, OCTET_STRING, OCTET_STRING, OCTET_STRING)


def fields(der):
    """[(tag, content)] of the whole sequence."""
    tag, content, rest = _take(der)
    assert tag == SEQUENCE and not rest
    found = []
    while content:
        tag, field, content = _take(content)
        found.append((tag, field))
    return found


def build(parts):
    return element(SEQUENCE, b"".join(element(tag, content) for tag, content in parts))


def element(tag, content):
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def inner(content, tag):
    """What an explicit field holds."""
    found, value, rest = _take(content)
    assert found == tag and not rest
    return value


def pem_of_client(der):
    """The client's side of a server's session, for `openssl s_client -sess_in`: the session context
    and the peer's certificate are the server's own notes."""
    parts = [part for part in fields(der) if part[0] not in (CONTEXT, PEER)]
    text = base64.encodebytes(build(parts)).decode()
    name = "SSL SESSION PARAMETERS"
    return f"-----BEGIN {name}-----\n{text}-----END {name}-----\n"


def _take(data):
    size, header = data[1], 2
    if size >= 0x80:
        header += size & 0x7f
        size = int.from_bytes(data[2:header], "big")
    assert len(data) >= header + size
    return data[0], data[header:header + size], data[header + size:]
