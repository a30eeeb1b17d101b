"""This node announces itself: the packets, and real uWSGIs on either side."""

import os
import re
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from harness import subscriptions
from harness.addresses import HOST, free_address, free_port
from harness.clients import get
from harness.real_uwsgi import APPS, RealUwsgi, http_router
from harness.subscriptions import ANNOUNCE, LEAVE, Listener, pools, wait_for_pools
from harness.waiting import wait_until
from test_subscriptions import only_keeper

PASS_SOCKETS = [sys.executable, Path(__file__).parent / "harness" / "pass_sockets.py"]
RECORDED = Path(__file__).parents[1] / "unit" / "subscription" / "vectors"
APP = "[uwsgi]\nsocket = {app}\nwsgi-file = " + str(APPS / "echo.py") + "\nneed-app = true\n"


@pytest.fixture
def listener():
    one = Listener()
    yield one
    one.close()


@pytest.fixture
def keys(certs):
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        subscriptions.write_public_key(certs.rsa.key, directory / "app.test.pem")
        yield directory


def recorded(name):
    """The fields that a uWSGI sent."""
    packet = bytes.fromhex((RECORDED / f"{name}.hex").read_text().split()[0])
    return subscriptions.uwsgi_packet.decode(packet[4:])


@pytest.mark.parametrize("name, options", [
    ("subscribe-to", "subscribe-to = {router}:app.example\n"),
    ("subscribe-to-modifier", "subscribe = {router}:app.example,5\n"),
    ("subscribe-with-modifier1",
     "subscribe-with-modifier1 = 9\nst = {router}:app.example,5\n"),
    ("subscribe-weight", "weight = 7\nsubscribe-to = {router}:app.example\n"),
    ("subscribe-auto-weight",
     "processes = 2\nthreads = 3\nauto-weight = true\nsubscribe-to = {router}:app.example\n"),
    ("subscribe2-all",
     "subscribe2 = server={router},key=app.example,addr=10.0.0.1:1,weight=3,modifier1=4,"
     "modifier2=6,sni_key=/k,sni_crt=/c,sni_ca=/a\n"),
    ("subscribe-to-explicit", "subscribe-to = 10.1.2.3:99={router}:app.example\n"),
])
def test_packets_are_uwsgis(reprise, listener, name, options):
    node = reprise(APP + options, router=listener.address)
    assert listener.receive()[0] == ANNOUNCE
    expected = [(key, node.address("app") if value == "127.0.0.1:18031" else value)
                for key, value in recorded(name)]
    assert subscriptions.uwsgi_packet.decode(listener.last[4:]) == expected


def test_again_and_again_until_it_leaves(reprise, listener):
    node = reprise(APP + "subscribe-freq = 1\nsubscribe-to = {router}:k\n",
                   router=listener.address)
    assert [listener.receive()[0] for _ in range(3)] == [ANNOUNCE] * 3
    node.stop()
    commands = [listener.receive()[0]]
    while commands[-1] == ANNOUNCE:
        commands.append(listener.receive()[0])
    assert commands[-1] == LEAVE
    assert "subscribing to" in node.log and "unsubscribing from" in node.log


@pytest.mark.parametrize("option, commands", [
    ("", [ANNOUNCE, ANNOUNCE]),
    ("unsubscribe-on-graceful-reload = true\n", [LEAVE, ANNOUNCE]),
])
def test_a_reload(reprise, listener, option, commands):
    node = reprise(APP + option + "subscribe-freq = 30\nsubscribe-to = {router}:k\n",
                   router=listener.address)
    assert [listener.receive()[0] for _ in range(2)] == [ANNOUNCE] * 2
    node.signal(1)
    assert [listener.receive()[0] for _ in range(2)] == commands


GATE = """import os, time
while not os.path.exists({gate!r}):
    time.sleep(0.02)
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"here"]
"""


@pytest.mark.parametrize("option", ["", "lazy-apps = true\n"])
def test_nothing_is_announced_before_it_is_served(reprise, listener, tmp_path, option):
    gate = tmp_path / "gate"
    (tmp_path / "slow.py").write_text(GATE.format(gate=str(gate)))
    reprise("[uwsgi]\nsocket = {app}\npythonpath = {path}\nmodule = slow\n" + option
            + "subscribe-to = {router}:k\n", router=listener.address, path=tmp_path)
    with pytest.raises(TimeoutError):
        listener.receive(1)
    gate.write_text("")
    assert listener.receive()[0] == ANNOUNCE


def test_a_reload_goes_on_announcing_while_the_new_ones_load(reprise, listener, tmp_path):
    gate = tmp_path / "gate"
    (tmp_path / "slow.py").write_text(GATE.format(gate=str(gate)))
    gate.write_text("")
    node = reprise("[uwsgi]\nsocket = {app}\npythonpath = {path}\nmodule = slow\n"
                   "subscribe-freq = 30\nsubscribe-to = {router}:k\n",
                   router=listener.address, path=tmp_path)
    assert [listener.receive()[0] for _ in range(2)] == [ANNOUNCE] * 2
    gate.unlink()
    node.signal(signal.SIGHUP)
    assert listener.receive()[0] == ANNOUNCE, "those of before answer"


def test_a_port_that_the_system_chose(reprise, listener):
    node = reprise(APP.replace("{app}", "127.0.0.1:0") + "subscribe-to = {router}:k\n",
                   router=listener.address)
    bound = re.search(r"uwsgi socket 0 bound to TCP address (\S+)", node.log)[1]
    assert listener.receive()[1]["address"] == bound
    assert not bound.endswith(":0")


def test_a_path_is_announced_from_the_root(reprise, listener):
    node = reprise(APP.replace("{app}", "app.sock") + "subscribe-to = {router}:k\n",
                   router=listener.address)
    assert listener.receive()[1]["address"] == str(node.path("app.sock").resolve())


def test_a_socket_that_was_passed(reprise, listener):
    address = free_address()
    reprise(APP.replace("{app}", "fd://3") + "subscribe-to = {router}:k\n",
            router=listener.address, wrapper=[*PASS_SOCKETS, address, "--"])
    assert listener.receive()[1]["address"] == address


def test_a_keeper_in_the_place_of_a_dead_one_does_not_leave(reprise, listener):
    node = reprise("[uwsgi]\nhttp = {http}\nhttp-to = {http}\n"
                   "unsubscribe-on-graceful-reload = true\n"
                   "subscribe-freq = 30\nsubscribe-to = 127.0.0.1:9={router}:k\n",
                   router=listener.address)
    assert [listener.receive()[0] for _ in range(2)] == [ANNOUNCE] * 2
    node.reload()
    assert [listener.receive()[0] for _ in range(3)] == [LEAVE, ANNOUNCE, ANNOUNCE]
    os.kill(wait_until(lambda: only_keeper(node), what="the former processes to end"),
            signal.SIGKILL)
    assert [listener.receive()[0] for _ in range(2)] == [ANNOUNCE] * 2


def test_a_node_that_starts_again_at_once_is_believed(reprise, certs, keys):
    """What it signed before has stamps of the same second, or (a leave) of the next one."""
    edge = reprise("[uwsgi]\nhttp = {http}\nhttp-subscription-server = {server}\n"
                   "http-stats = {stats}\nsubscriptions-sign-check = SHA256:{keys}\n", keys=keys)
    ini = (APP.replace("{app}", ":{port}") + "subscribe-freq = 60\n"
           "subscribe2 = server={router},key=app.test,addr=127.0.0.1:{port},"
           "sign=SHA256:{key}\n")
    values = dict(router=edge.address("server"), key=certs.rsa.key, port=free_port())
    there = {"app.test": [f"127.0.0.1:{values['port']}"]}
    node = reprise(ini, **values)
    wait_for_pools(edge, there)
    node.stop()
    wait_for_pools(edge, {})
    reprise(ini, **values)
    wait_for_pools(edge, there)


def test_keys_of_a_file_and_a_check(reprise, listener):
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        (directory / "keys").write_text("# all of them\n\none.test\ntwo.test,5")
        reprise(APP + "subscribe2 = server={router},key=never,check=/etc/passwd\n"
                "subscribe2 = server={router},key=@{keys}\n", router=listener.address,
                keys=directory / "keys")
        received = [listener.receive()[1] for _ in range(4)]
    assert [(f["key"], f["modifier1"]) for f in received] == [("one.test", "0"),
                                                             ("two.test", "5")] * 2


def test_uwsgi_announces_itself_to_us(reprise, session_directory, certs, keys):
    node = reprise("[uwsgi]\nhttp = {http}\nhttp-subscription-server = {server}\n"
                   "http-stats = {stats}\nsubscriptions-sign-check = SHA1:{keys}\n"
                   "subscription-tolerance = 3\n", keys=keys)
    address = f"{HOST}:{free_port()}"
    uwsgi = RealUwsgi(session_directory, [
        "--plugin", "python3", "--master", "--socket", address, "--wsgi-file",
        str(APPS / "echo.py"), "--need-app", "--subscribe-freq", "1", "--subscribe-to",
        f"{node.address('server')}:app.test,0,SHA1:{certs.rsa.key}"], address)
    try:
        wait_for_pools(node, {"app.test": [address]})
        answer = get(node.address("http"), host="app.test")
        assert answer.json["environ"]["HTTP_HOST"] == "app.test"
    finally:
        uwsgi.close()
    wait_for_pools(node, {})


def test_we_announce_ourselves_to_uwsgi(reprise, session_directory, certs, keys):
    server = free_address()
    router = http_router(session_directory, "--http-subscription-server", server,
                         "--subscriptions-sign-check", f"SHA256:{keys}")
    try:
        node = reprise(APP + "subscribe-freq = 1\n"
                       "subscribe2 = server={router},key=app.test,sign=SHA256:{key}\n",
                       router=server, key=certs.rsa.key)
        wait_until(lambda: f"app.test => new node: {node.address('app')}" in router.log,
                   what="uWSGI to know the node")
        assert get(router.address, host="app.test").json["environ"]["HTTP_HOST"] == "app.test"
        node.stop()
        wait_until(lambda: f"app.test => marking {node.address('app')} as failed" in router.log,
                   what="uWSGI to hear the leave")
    finally:
        router.close()


def test_one_of_us_announces_itself_to_another(reprise):
    edge = reprise("[uwsgi]\nhttp = {http}\nhttp-subscription-server = {server}\n"
                   "http-stats = {stats}\n")
    node = reprise(APP.replace("{app}", ":{port}") + "subscribe-to = {router}:app.test\n",
                   router=edge.address("server"), port=free_port())
    wait_for_pools(edge, {"app.test": [f"127.0.0.1:{node.address('port')}"]})
    assert get(edge.address("http"), host="app.test").json["environ"]["HTTP_HOST"] == "app.test"
    node.stop()
    wait_for_pools(edge, {})
    assert get(edge.address("http"), host="app.test").status == 503
    assert pools(edge) == {}


@pytest.mark.parametrize("option, words", [
    ("subscribe-to = localhost:app.example", "host:port or the path of a socket expected"),
    ("subscribe-to = 127.0.0.1:9=127.0.0.1:1:k,0,NONE:/k", "unable to find digest algorithm: NONE"),
    ("subscribe-to = 127.0.0.1:9=127.0.0.1:1:k,0,SHA1:/none", "/none: No such file or directory"),
    ("subscribe-to = 127.0.0.1:1:k", "there is no socket of ours to announce"),
    ("subscribe-to = =0=127.0.0.1:1:k", "a shared socket is not announced by its number"),
    ("subscribe2 = server=127.0.0.1:1", "a key of 1 to 255 bytes expected"),
    ("subscriptions-sign-check = SHA1", "':' and a directory expected"),
])
def test_mistakes_stop_the_start(start, option, words):
    node = start("[uwsgi]\nhttp = {http}\nhttp-to = {http}\nhttp-subscription-server = {server}\n"
                 + option + "\n")
    assert node.wait_for_end() == 1
    assert words in node.log
    assert "node.ini:5:" in node.log
