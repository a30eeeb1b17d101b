"""Echoes websocket messages, with uWSGI's own websocket functions."""

import uwsgi


def application(environ, start_response):
    if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
        start_response("200 OK", [("Content-Length", "5")])
        return [b"plain"]
    uwsgi.websocket_handshake()
    try:
        while True:
            uwsgi.websocket_send(b"echo " + uwsgi.websocket_recv())
    except OSError:
        return []
