"""The stats documents of Setup 1, with Debian's uWSGI knowing nothing of session caches."""

from harness import stats_layout
from harness.configurations import HTTPS

SETUP_1 = """\
[uwsgi]
master = true
cache = 20000
cache-blocksize = 4096
ssl-sessions-use-cache = true
ssl-sessions-timeout = 300
https-session-context = foobar
""" + HTTPS + "http-processes = 8\nstats = {stats}\n"
OURS = ["cache", "cache_details", "sync", "tls", "routers"]


def comparable(node):
    document = stats_layout.parse(node.stats_text())
    for name in OURS:
        document.pop(name, None)
    assert document["pid"] == node.pid
    assert document["cwd"] == str(node.directory)
    document.update(version="", pid=0, cwd="")
    # Caches made early, for the sessions, come before this lock; Debian's build makes them late.
    document["locks"] = sorted(document["locks"], key=str)
    return document


def test_setup_1_has_the_same_document(both, backend):
    theirs, ours = map(comparable, both(SETUP_1, to=backend().address))
    assert list(ours) == list(theirs)
    assert ours == theirs


def test_caches_have_the_same_numbers(both, backend):
    theirs, ours = map(comparable, both(
        "[uwsgi]\nmaster = true\ncache = 100\ncache2 = name=two,items=50,blocks=200,blocksize=1024,"
        "hash=murmur2,hashsize=1024,keysize=64\n" + HTTPS + "stats = {stats}\n",
        to=backend().address))
    assert ours["caches"] == theirs["caches"]
