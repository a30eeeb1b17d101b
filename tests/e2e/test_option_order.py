"""Options work in file order; a line that its place makes ineffective is pointed out."""

import pytest

from harness.clients import TLS_1_2, TlsClient

TO = "http-to = {to}\nstats = {stats}\n"
HTTPS = "https = {https},{crt},{key}\n"


def warning_about(node, option):
    """The log's line that names this option and its place in the file."""
    number = next(number for number, line in enumerate(node.ini.splitlines(), 1)
                  if line.startswith(option))
    lines = [line for line in node.log.splitlines() if f"node.ini:{number}" in line]
    assert len(lines) == 1, f"one warning should name node.ini:{number}, these do: {lines}"
    assert option in lines[0]
    return lines[0]


EARLY = "[uwsgi]\ncache = 100\ncache-blocksize = 4096\nssl-sessions-use-cache = true\n"


@pytest.mark.parametrize("early, late", [
    ("[uwsgi]\ncache = 100\ncache-blocksize = 4096\n", "ssl-sessions-use-cache = true"),
    ("[uwsgi]\ncache = 100\nssl-sessions-use-cache = true\n", "cache-blocksize = 8192"),
    (EARLY, "ssl-sessions-timeout = 100"), (EARLY, "https-session-context = foobar"),
    (EARLY, "ssl-verify-depth = 2")], ids=lambda text: text.split()[0])
def test_a_line_below_its_https_starts_with_a_warning(reprise, backend, early, late):
    node = reprise(early + HTTPS + late + "\n" + TO, to=backend().address)
    warning = warning_about(node, late.split()[0])
    https = next(number for number, line in enumerate(node.ini.splitlines(), 1)
                 if line.startswith("https ="))
    assert "https" in warning and str(https) in warning, "it should say above which line it belongs"
    assert TlsClient().get(node.address("https")).status == 200


def test_without_the_cache_line_above_https_sessions_are_not_in_the_cache(reprise, backend):
    node = reprise(f"[uwsgi]\ncache = 100\ncache-blocksize = 4096\n{HTTPS}"
                   f"ssl-sessions-use-cache = true\n{TO}", to=backend().address)
    client = TlsClient(TLS_1_2)
    session = client.session(node.address("https"))
    assert session.has_ticket
    assert client.get(node.address("https"), session=session).resumed
    assert node.stats()["cache"]["items"] == 0


def test_a_cache_below_https_is_fatal(refused):
    node = refused(f"[uwsgi]\nssl-sessions-use-cache = true\n{HTTPS}cache = 100\n"
                   f"cache-blocksize = 4096\n{TO}", to="127.0.0.1:1")
    assert 'unable to find cache "true"' in node.log
    assert "node.ini:" in node.log


def test_a_cache_between_its_use_and_https_works(reprise, backend):
    node = reprise(f"[uwsgi]\nssl-sessions-use-cache = true\ncache = 100\n"
                   f"cache-blocksize = 4096\n{HTTPS}{TO}", to=backend().address)
    TlsClient().session(node.address("https"))
    assert node.stats()["cache"]["items"] == 1


def test_each_https_takes_the_timeout_that_stands_above_it(reprise, backend):
    node = reprise("[uwsgi]\ncache = 100\ncache-blocksize = 4096\nssl-sessions-use-cache = true\n"
                   "ssl-sessions-timeout = 100\nhttps = {first},{crt},{key}\n"
                   "ssl-sessions-timeout = 200\nhttps = {second},{crt},{key}\n" + TO,
                   to=backend().address)
    client = TlsClient()
    assert client.session(node.address("first")).ticket_lifetime_hint == 100
    assert client.session(node.address("second")).ticket_lifetime_hint == 200


def test_an_unused_unknown_key_is_warned_about_once_with_the_nearest_name(reprise, backend):
    node = reprise("[uwsgi]\nhttp-proceses = 2\nhttp = {http}\n" + TO, to=backend().address)
    lines = [line for line in node.log.splitlines() if "http-proceses" in line]
    assert len(lines) == 1
    assert "http-processes" in lines[0] and "node.ini:2" in lines[0]


def test_a_key_that_the_file_refers_to_is_a_placeholder(reprise, backend):
    node = reprise("[uwsgi]\nwhere = {http}\nhttp = %(where)\n" + TO, to=backend().address)
    assert not [line for line in node.log.splitlines() if "node.ini:2" in line]


def test_strict_makes_an_unknown_option_fatal(refused):
    node = refused("[uwsgi]\nstrict = true\nhttp-proceses = 2\nhttp = {http}\n" + TO,
                   to="127.0.0.1:1")
    assert "http-proceses" in node.log
    assert "[strict-mode] unknown config directive: http-proceses" in node.log


def test_a_line_below_the_sni_it_is_meant_for_starts_with_a_warning(reprise, backend):
    node = reprise("[uwsgi]\nsni = a.test {crt},{key}\nssl-verify-depth = 3\n" + HTTPS + TO,
                   to=backend().address)
    warning = warning_about(node, "ssl-verify-depth")
    assert "sni" in warning and "line 2" in warning


def test_what_is_accepted_without_effect_says_why(reprise, backend):
    node = reprise("[uwsgi]\nhttp-events = 64\nmaster = true\nhttp = {http}\n" + TO,
                   to=backend().address)
    assert "node.ini:2:1: http-events changes nothing here: " in node.log
    assert "node.ini:3:1: master changes nothing here: there is always a master" in node.log


def test_the_nearest_name_may_be_one_without_effect(reprise, backend):
    node = reprise("[uwsgi]\nmastr = true\nmastr = 1\nhttp = {http}\n" + TO, to=backend().address)
    lines = [line for line in node.log.splitlines() if "mastr" in line]
    assert len(lines) == 1 and 'did you mean "master"?' in lines[0]


def test_a_lifetime_above_the_most_is_cut_with_a_warning(reprise, backend):
    node = reprise("[uwsgi]\nssl-sessions-timeout = 604801\n" + HTTPS + TO, to=backend().address)
    assert "604800" in warning_about(node, "ssl-sessions-timeout")
    assert TlsClient().session(node.address("https")).ticket_lifetime_hint == 604800
