"""uWSGI's cache over HTTP: /set/KEY/VALUE/SECONDS, /update/…, /get/KEY, /exists/KEY, /del/KEY, all
in hex; behind a question mark perhaps a cache's name, or NAME@HOST:PORT of another node's."""

import uwsgi


def application(environ, start_response):
    _, operation, *words = environ["PATH_INFO"].split("/")
    key = bytes.fromhex(words[0])
    cache = [environ["QUERY_STRING"]] if environ.get("QUERY_STRING") else []
    if operation in ("set", "update"):
        change = {"set": uwsgi.cache_set, "update": uwsgi.cache_update}[operation]
        answer = change(key, bytes.fromhex(words[1]), int(words[2]), *cache)
    else:
        ask = {"get": uwsgi.cache_get, "exists": uwsgi.cache_exists, "del": uwsgi.cache_del}
        answer = ask[operation](key, *cache)
    body = answer if isinstance(answer, bytes) else b""
    start_response("200 OK" if answer else "404 Not Found",
                   [("Content-Length", str(len(body)))])
    return [body]
