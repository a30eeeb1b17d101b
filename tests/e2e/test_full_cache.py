"""A full session cache makes room and says so at most once a second."""

import time

from harness.clients import TLS_1_2, TlsClient

INI = """\
[uwsgi]
cache = 11
cache-blocksize = 4096
ssl-sessions-use-cache = true
https = {https},{crt},{key}
http-processes = 2
http-to = {to}
stats = {stats}
"""


def test_makes_room_by_the_oldest(reprise, backend, certs):
    node = reprise(INI, to=backend().address, crt=certs.p256.crt, key=certs.p256.key)
    client = TlsClient(TLS_1_2)
    begin = time.monotonic()
    sessions = [client.session(node.address("https")) for _ in range(60)]
    lines = node.log.count('*** DANGER cache "default" is FULL !!! ***')
    assert 1 <= lines <= 1 + int(time.monotonic() - begin) + 1

    cache = node.stats()["cache"]
    assert cache["items"] == 10 and cache["full"] == 50

    def resumes(session):
        return client.get(node.address("https"), session=session).resumed

    assert all(resumes(session) for session in sessions[-10:]), "the newest are there"
    assert not any(resumes(session) for session in sessions[:10]), "the oldest have gone"


WITH_SHORT_SESSIONS = """\
[uwsgi]
cache = 11
cache-blocksize = 4096
cache-no-expire = true
https-session-context = same
ssl-sessions-use-cache = true
ssl-sessions-timeout = 1
https = {short},{crt},{key}
ssl-sessions-timeout = 300
https = {long},{crt},{key}
http-to = {to}
"""


def test_makes_room_by_the_expired_first(reprise, backend, certs):
    node = reprise(WITH_SHORT_SESSIONS, to=backend().address, crt=certs.p256.crt,
                   key=certs.p256.key)
    client = TlsClient(TLS_1_2)
    lasting = [client.session(node.address("long")) for _ in range(5)]
    for _ in range(5):
        client.session(node.address("short"))
    time.sleep(2)
    lasting += [client.session(node.address("long")) for _ in range(5)]
    for session in lasting:   # among them the five oldest items of all
        assert client.get(node.address("long"), session=session).resumed
