"""chmod-socket, chown-socket, umask: who may use unix sockets."""

import grp
import os
import pwd
import stat

import pytest

from harness.fixtures import needs_root
from test_wsgi import BASIC

INI = ("[uwsgi]\nhttp = web.sock\nhttp-to = 127.0.0.1:1\nrawrouter = raw.sock\n"
       "rawrouter-to = 127.0.0.1:1\nstats = stats.sock\n")
SOCKETS = ("web.sock", "raw.sock")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("lines, expected", [
    ("chmod-socket = 660\n", 0o660), ("chmod = 600\n", 0o600), ("chmod-socket = true\n", 0o666),
    ("chmod-socket = 1\n", 0o666), ("umask = 027\n", 0o750), ("umask = 077\n", 0o700),
    ("umask = 077\nchmod-socket = 664\n", 0o664)])
def test_modes(reprise, lines, expected):
    node = reprise(INI + lines)
    assert [mode(node.path(name)) for name in SOCKETS] == [expected] * 2


@needs_root
def test_the_stats_are_for_nobody_else_by_that(reprise):
    node = reprise(INI + "umask = 077\nchmod-socket = 666\nchown-socket = nobody\n")
    assert mode(node.path("web.sock")) == 0o666
    assert mode(node.path("stats.sock")) == 0o700
    assert node.path("stats.sock").stat().st_uid == os.getuid()


def test_a_bare_flag_is_for_everybody(start):
    node = start(INI, arguments=["-C", "--ini", "node.ini"])
    node.wait_until_ready()
    assert mode(node.path("web.sock")) == 0o666
    assert "chmod() socket to 666 for lazy and brave users" in node.log


def test_a_reload_changes_them(reprise):
    node = reprise(INI + "chmod-socket = 660\n")
    node.write_ini(INI + "chmod-socket = 600\n")
    node.reload()
    assert [mode(node.path(name)) for name in SOCKETS] == [0o600] * 2


def test_a_link_in_its_place_is_not_followed(reprise, tmp_path):
    node = reprise(INI + "chmod-socket = 660\n")
    other = tmp_path / "of somebody else"
    other.write_text("")
    other.chmod(0o600)
    node.path("web.sock").unlink()
    node.path("web.sock").symlink_to(other)
    node.write_ini(INI + "chmod-socket = 666\n")
    node.reload()
    assert mode(other) == 0o600 and mode(node.path("raw.sock")) == 0o666


def test_a_file_that_is_gone_does_not_end_the_service(reprise):
    node = reprise(INI + "chmod-socket = 660\n")
    node.path("web.sock").unlink()
    node.reload()
    assert mode(node.path("raw.sock")) == 0o660


def test_sockets_of_applications(reprise):
    node = reprise(BASIC + "socket = app.sock\nhttp-socket = web.sock\nchmod-socket = 640\n")
    assert [mode(node.path(name)) for name in ("app.sock", "web.sock")] == [0o640] * 2


@needs_root
@pytest.mark.parametrize("owner, group", [("nobody", "root"), ("nobody:nogroup", "nogroup")])
def test_owners(reprise, owner, group):
    node = reprise(INI + f"chown-socket = {owner}\n")
    for name in SOCKETS:
        status = node.path(name).stat()
        assert pwd.getpwuid(status.st_uid).pw_name == "nobody"
        assert grp.getgrgid(status.st_gid).gr_name == group


@pytest.mark.parametrize("line, words", [
    ("chmod-socket = 66", "invalid chmod value: 66"), ("chmod-socket = rw", "invalid chmod value"),
    ("umask = 9", "invalid umask: 9"), ("chown-socket = nobodyatall", "user nobodyatall not found"),
    ("chown-socket = root:nosuchgroup", "group nosuchgroup not found")])
def test_mistakes_have_a_place(refused, line, words):
    node = refused(INI + line + "\n")
    assert words in node.log and "node.ini:7:1" in node.log
    assert not any(os.path.exists(node.path(name)) for name in SOCKETS)
