"""The lines that scripts grep for, and exit statuses."""

import re
import signal

import pytest

from harness.configurations import HTTP

INI = "[uwsgi]\nmaster = true\nhttp-processes = 2\n" + HTTP
LIFE = re.compile(r"^(\*\*\* Starting uWSGI|\[uWSGI\] getting INI|uWSGI http bound|"
                  r"spawned uWSGI|respawned uWSGI|SIGINT/SIGTERM|gateway |goodbye)")


def life(node):
    """The lines of its life, without what differs between any two runs: gateways are buried in any
    order."""
    lines = [line for line in node.log.splitlines() if LIFE.match(line)]
    normal = [re.sub(r"uWSGI 2\S+ \(64bit\) on \[.*\]", "VERSION", re.sub(
        r"pid: \d+|fd \d+", "N", line.replace(node.address("http"), "ADDRESS"))) for line in lines]
    buried = sorted(line for line in normal if line.startswith("gateway "))
    return [buried.pop(0) if line.startswith("gateway ") else line for line in normal]


def test_a_life_is_told_in_the_same_lines(both, backend):
    nodes = both(INI, to=backend().address)
    for node in nodes:
        assert node.stop() == 0
    theirs, ours = map(life, nodes)
    assert ours == theirs


@pytest.mark.parametrize("lines", [
    "https = {https},{crt}\n",
    "https2 = addr={https}\n",
    "https = {https},/nonexistent.crt,{key}\n",
    "https = {https},{crt},/nonexistent.key\n",
    "https = {https},{crt},{other_key}\n",
    "https = {https},{crt},{key},NO-SUCH\n",
    "https = {https},{crt},{key},HIGH,/nonexistent.ca\n",
    "sni = name-alone\n",
    "cache2 = items=5\n",
    "cache2 = name=x\n",
    "cache2 = name=x,items=5,hash=md5\n",
    "cache2 = name=x,items=5,blocks=1\n",
    "cache2 = name=x,items=5,blocksize=0\n",
    "cache2 = name=x,items=5,hashsize=0\n",
    "cache2 = name=x,items=5,keysize=0\n",
    "uid = nosuchuser\n",
    "gid = nosuchgroup\n",
    "strict = true\nhttp-proceses = 2\n",
    "listen = 100000000\n",
])
def test_dies_of_the_same_with_the_same_words(both, backend, certs, lines):
    ini = INI.replace("http-to", lines + "http-to")
    theirs, ours = both(ini, ready=False, to=backend().address, other_key=certs.other_rsa.key)
    assert theirs.wait_for_end() == ours.wait_for_end() == 1
    # The last line of the original that is not about its own inside.
    words = [line for line in theirs.log.splitlines() if line and not re.search(
        r"error:|getopt_long|\[core/|VACUUM|routines", line)][-1]
    # Two nodes, two addresses.
    https = [node.ini.partition("https = ")[2].partition(",")[0] for node in (theirs, ours)]
    words = words.replace(https[0], https[1]) if https[0] else words
    assert words.strip() in ours.log


@pytest.mark.parametrize("number, ends", [(signal.SIGINT, True), (signal.SIGQUIT, True),
                                          (signal.SIGTERM, False), (signal.SIGHUP, False)])
def test_signals_end_or_do_not_end_alike(both, backend, number, ends):
    nodes = both(INI, to=backend().address)
    for node in nodes:
        node.signal(number)
        if ends:
            assert node.wait_for_end() == 0
        else:
            node.wait_for_log("spawned uWSGI http 2", timeout=8, count=2)
            assert node.process.poll() is None
