"""Lines that many configurations begin with."""

# Sessions shared through the default cache, as in the document's Setup 1.
SESSION_CACHE = """\
[uwsgi]
master = true
cache = 2000
cache-blocksize = 4096
ssl-sessions-use-cache = true
ssl-sessions-timeout = 300
https-session-context = foobar
no-defer-accept = true
stats = {stats}
"""

# No cache: stateless tickets.
NO_CACHE = """\
[uwsgi]
master = true
no-defer-accept = true
stats = {stats}
"""

HTTPS = "https = {https},{crt},{key}\nhttp-to = {to}\n"
HTTP = "http = {http}\nhttp-to = {to}\n"
