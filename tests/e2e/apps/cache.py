"""uWSGI's cache over HTTP: /set/KEY/VALUE/SECONDS, /update/…, /get/KEY, /del/KEY, all in hex."""

import uwsgi


def application(environ, start_response):
    _, operation, *words = environ["PATH_INFO"].split("/")
    key = bytes.fromhex(words[0])
    if operation == "get":
        answer = uwsgi.cache_get(key)
    elif operation == "del":
        answer = uwsgi.cache_del(key)
    else:
        change = {"set": uwsgi.cache_set, "update": uwsgi.cache_update}[operation]
        answer = change(key, bytes.fromhex(words[1]), int(words[2]))
    body = answer if isinstance(answer, bytes) else b""
    start_response("200 OK" if answer else "404 Not Found",
                   [("Content-Length", str(len(body)))])
    return [body]
