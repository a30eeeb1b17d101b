"""What uWSGI dies of, Reprise dies of: with status 1, uWSGI's words and the place in the file."""

import socket

import pytest

from harness.addresses import split

REST = "http-to = 127.0.0.1:1\n"
CACHE = "cache = 10\ncache-blocksize = 4096\n"


@pytest.mark.parametrize("ini, words, line", [
    ("https = {https},{crt}\n", "invalid https syntax must be socket,crt,key", 2),
    ("https2 = addr={https},cert={crt}\n", "--https2 option needs addr, cert and key items", 2),
    ("https = {https},/nonexistent.crt,{key}\n",
     '[uwsgi-ssl] unable to assign certificate /nonexistent.crt for context "http-{https}"', 2),
    ("https = {https},{crt},/nonexistent.key\n",
     '[uwsgi-ssl] unable to assign key /nonexistent.key for context "http-{https}"', 2),
    ("https = {https},{crt},{other_key}\n",
     '[uwsgi-ssl] unable to assign key {other_key} for context "http-{https}"', 2),
    ("https = {https},{crt},{ec_key}\n",
     '[uwsgi-ssl] unable to assign key {ec_key} for context "http-{https}"', 2),
    ("https = {https},{crt},{key},NO-SUCH-CIPHER\n",
     '[uwsgi-ssl] unable to set requested ciphers (NO-SUCH-CIPHER) for context "http-{https}"', 2),
    ("https = {https},{crt},{key},,/nonexistent.ca\n",
     '[uwsgi-ssl] unable to set ssl verify locations (/nonexistent.ca) for context "http-{https}"',
     2),
    ("https-session-context = ctx\nhttps = {https},/nonexistent.crt,{key}\n",
     '[uwsgi-ssl] unable to assign certificate /nonexistent.crt for context "ctx"', 3),
    ("ssl-sessions-use-cache = true\nhttps = {https},{crt},{key}\n",
     'unable to find cache "true"', 3),
    (CACHE + "ssl-sessions-use-cache = nosuch\nhttps = {https},{crt},{key}\n",
     'unable to find cache "nosuch"', None),
    ("cache = 10\ncache-blocksize = 2048\nssl-sessions-use-cache = true\n"
     "https = {https},{crt},{key}\n",
     "cache blocksize for SSL session store must be at least 4096 bytes", None),
    (CACHE + "ssl-sessions-timeout = -1\n",
     'invalid value for option "ssl-sessions-timeout": must be > 0', 4),
    ("sni = only-a-name\n",
     "invalid sni syntax, must be sni_key<space>crt,key[,ciphers,client_ca]", 2),
    ("cache2 = items=10\n", "you have to specify a cache name", 2),
    ("cache2 = name=x\n", "you have to specify the maximum number of cache items", 2),
    ("cache2 = name=x,items=10,hash=md5\n", 'invalid cache hash for "x"', 2),
    ("cache2 = name=x,items=10,keysize=70000\n", 'invalid cache keysize for "x"', 2),
    ("cache2 = name=x,items=10,blocks=5\n",
     'invalid number of cache blocks for "x", must be higher than max_items (10)', 2),
])
def test_dies_with_uwsgis_words(refused, certs, ini, words, line):
    node = refused("[uwsgi]\n" + ini + REST, other_key=certs.other_rsa.key,
                   ec_key=certs.p256.key)
    for name in ("https", "other_key", "ec_key"):
        if "{" + name + "}" in words:
            words = words.replace("{" + name + "}", node.address(name))
    assert words in node.log
    if line:
        assert f"node.ini:{line}" in node.log


def test_a_sni_entry_that_cannot_be_loaded_is_left_out(reprise, backend):
    node = reprise("[uwsgi]\nhttps = {https},{crt},{key}\nsni = bad.test /nonexistent,{key}\n"
                   "http-to = {to}\n", to=backend().address)
    assert '[uwsgi-ssl] DANGER unable to initialize context for "bad.test"' in node.log


def test_an_address_in_use_is_said(refused):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        address = "127.0.0.1:%d" % holder.getsockname()[1]
        node = refused("[uwsgi]\nhttp = {taken}\n" + REST, taken=address)
    assert ("probably another instance of uWSGI is running on the same address "
            f"({address}).") in node.log
    assert "Address already in use" in node.log
    assert "node.ini:2:1" in node.log


def test_a_stats_address_in_use_is_fatal_too(refused):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        address = "127.0.0.1:%d" % holder.getsockname()[1]
        node = refused("[uwsgi]\nhttp = {http}\nstats = {taken}\n" + REST, taken=address)
    assert address in node.log and "Address already in use" in node.log
    assert "node.ini:3:1" in node.log


@pytest.mark.parametrize("address", ["no.such.host.invalid:8080", "127.0.0.1:99999", "127.0.0.1:x",
                                     "256.1.1.1:8080", "*:8080"])
def test_an_address_that_is_none_is_refused(refused, address):
    """uWSGI binds 255.255.255.255 or another port without a word."""
    node = refused("[uwsgi]\nhttp = {address}\n" + REST, address=address)
    assert address in node.log and "node.ini:2:" in node.log


@pytest.mark.parametrize("address", ["no.such.host.invalid:3031", "=0", "fd://7"])
def test_a_backend_that_is_none_is_refused(refused, address):
    """Before anything is forked: a worker that is started again asks no resolver."""
    node = refused(f"[uwsgi]\nhttp = {{http}}\nhttp-to = 127.0.0.1:1\nhttp-to = {address}\n")
    assert address in node.log and "node.ini:4:1" in node.log


@pytest.mark.parametrize("option, words", [
    ("uid = nosuchuser", "user nosuchuser not found."),
    ("gid = nosuchgroup", "group nosuchgroup not found."),
    ("chdir = /nonexistent", "chdir() to /nonexistent: No such file or directory"),
    ("logto = /nonexistent/log", 'open("/nonexistent/log"): No such file or directory'),
    ("pidfile = /nonexistent/pid", 'open("/nonexistent/pid"): No such file or directory'),
    ("daemonize = /nonexistent/log", 'open("/nonexistent/log"): No such file or directory'),
])
def test_the_place_of_an_option_that_cannot_be_followed(refused, option, words):
    node = refused(f"[uwsgi]\nhttp = {{http}}\n{option}\n" + REST)
    assert words in node.log and "node.ini:3:1" in node.log


def test_a_unix_socket_that_somebody_answers_at_is_not_taken_away(refused, tmp_path):
    with socket.socket(socket.AF_UNIX) as holder:
        holder.bind(str(tmp_path / "its.sock"))
        holder.listen()
        node = refused("[uwsgi]\nhttp = {taken}\n" + REST, taken=tmp_path / "its.sock")
        assert "probably another instance of uWSGI is running on the same address" in node.log
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "its.sock"))


def test_a_unix_socket_that_was_left_behind_is_replaced(reprise, backend, tmp_path):
    with socket.socket(socket.AF_UNIX) as former:
        former.bind(str(tmp_path / "old.sock"))
    node = reprise("[uwsgi]\nhttp = {old}\nhttp-to = {to}\n", to=backend().address,
                   old=tmp_path / "old.sock")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(node.address("old"))


@pytest.mark.parametrize("ini", ["[uwsgi\nhttp = {http}\n", "[uwsgi]\nfor = a b\nhttp = {http}\n"])
def test_a_broken_file_is_shown_with_a_caret(refused, ini):
    node = refused(ini)
    assert "node.ini:" in node.log
    assert "^" in node.log


def test_a_missing_file_is_named(run_reprise):
    done = run_reprise("--ini", "/nonexistent.ini")
    assert done.returncode == 1
    assert "/nonexistent.ini" in done.stdout + done.stderr
    assert "No such file or directory" in done.stdout + done.stderr


def test_an_unknown_option_on_the_command_line_is_fatal(run_reprise):
    done = run_reprise("--no-such-option")
    assert done.returncode == 1
    assert "unrecognized option '--no-such-option'" in done.stdout + done.stderr


def test_a_listen_queue_above_the_systems_limit_is_fatal(refused):
    limit = open("/proc/sys/net/core/somaxconn").read().strip()
    node = refused(f"[uwsgi]\nhttp = {{http}}\nlisten = {int(limit) + 1}\n" + REST)
    assert ("Listen queue size is greater than the system max net.core.somaxconn "
            f"({limit}).") in node.log
    assert "node.ini:3:1" in node.log


def test_nothing_is_left_listening_after_a_failed_start(refused):
    """The first listener was bound when the second could not be."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = "127.0.0.1:%d" % holder.getsockname()[1]
        node = refused("[uwsgi]\nhttp = {free}\nhttp = {taken}\n" + REST, taken=taken)
    with socket.create_server(split(node.address("free"))):
        pass
