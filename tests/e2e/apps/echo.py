"""The WSGI application behind real uWSGI: the environ as JSON, checksums of uploads, downloads."""

import hashlib
import json


def application(environ, start_response):
    if environ["PATH_INFO"] == "/download":
        length = int(environ["QUERY_STRING"])
        start_response("200 OK", [("Content-Length", str(length))])
        return (b"d" * min(65536, length - at) for at in range(0, length, 65536))
    digest, received = hashlib.sha256(), 0
    while True:
        piece = environ["wsgi.input"].read(65536)
        if not piece:
            break
        digest.update(piece)
        received += len(piece)
    plain = {name: value for name, value in environ.items() if isinstance(value, str)}
    body = json.dumps({"environ": plain, "length": received, "sha256": digest.hexdigest()})
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body.encode()]
