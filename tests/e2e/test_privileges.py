"""uid and gid: the children drop their privileges, the master keeps its own for the reload."""

import grp
import os
import pwd
import signal

import pytest

from harness import processes
from harness.clients import TlsClient, get
from harness.configurations import HTTP, HTTPS, SESSION_CACHE
from harness.fixtures import needs_root
from harness.waiting import wait_until

INI = SESSION_CACHE + HTTPS + "http-processes = 2\n"
pytestmark = needs_root


def wait_for_children(node, condition, what):
    """Of the user, group and further groups of each; one that has only just begun has root's."""
    def all_are():
        children = [processes.ids_of(pid) for pid in processes.children_of(node.pid)]
        return children and all(condition(*each) for each in children)

    wait_until(all_are, 5, what)


@pytest.mark.parametrize("uid, gid", [("nobody", "nogroup"), (str(pwd.getpwnam("nobody").pw_uid),
                                                              str(grp.getgrnam("nogroup").gr_gid))])
def test_children_run_as_somebody_else(reprise, backend, uid, gid):
    node = reprise(INI + f"uid = {uid}\ngid = {gid}\n", to=backend().address)
    user, group = pwd.getpwnam("nobody").pw_uid, grp.getgrnam("nogroup").gr_gid
    wait_for_children(node, lambda uids, gids, groups: set(uids) == {user} and
                      set(gids) == {group} and set(groups) <= {group}, "children of nobody's")
    assert set(processes.ids_of(node.pid)[0]) == {os.getuid()}
    client = TlsClient()
    session = client.session(node.address("https"))
    assert client.get(node.address("https"), session=session).resumed
    assert node.stats()["cache"]["items"] > 0


def test_a_reload_can_still_read_the_key_and_bind(reprise, backend, certs, tmp_path):
    key = tmp_path / "secret.key"
    key.write_bytes(certs.rsa.key.read_bytes())
    key.chmod(0o600)
    node = reprise(INI + "uid = nobody\ngid = nogroup\n", to=backend().address, key=key)
    before = node.worker_pids()
    node.write_ini(INI + "uid = nobody\ngid = nogroup\nhttps = {another},{crt},{key}\n")
    node.signal(signal.SIGHUP)
    node.wait_for_new_workers(before)
    assert TlsClient().get(node.address("another")).status == 200
    assert set(processes.ids_of(node.worker_pids()[1])[0]) == {pwd.getpwnam("nobody").pw_uid}


# A user of every Debian whose own group has another number than his.
USER = pwd.getpwnam("man")
NOBODYS = 4_000_123   # neither a user's number nor a group's


@pytest.mark.parametrize("lines, uid, gid", [
    (f"uid = {USER.pw_name}", USER.pw_uid, USER.pw_gid),
    (f"uid = {USER.pw_uid}", USER.pw_uid, USER.pw_gid),
    (f"uid = {USER.pw_name}\ngid = {NOBODYS}", USER.pw_uid, NOBODYS),
    (f"gid = nogroup\nuid = {USER.pw_name}", USER.pw_uid, grp.getgrnam("nogroup").gr_gid),
    (f"uid = {NOBODYS}\ngid = {NOBODYS}", NOBODYS, NOBODYS),
    ("gid = nogroup", 0, grp.getgrnam("nogroup").gr_gid)])
def test_names_and_numbers(reprise, backend, lines, uid, gid):
    node = reprise(f"[uwsgi]\n{lines}\n" + HTTP, to=backend().address)
    wait_for_children(node, lambda uids, gids, groups: (set(uids), set(gids)) == ({uid}, {gid}) and
                      os.getgid() not in groups, f"children of {uid}, {gid} and no group of root's")
    assert get(node.address("http")).status == 200


def test_the_groups_of_who_started_it_are_left_behind(reprise, backend):
    others = grp.getgrnam("adm").gr_gid, grp.getgrnam("disk").gr_gid
    node = reprise("[uwsgi]\nuid = nobody\n" + HTTP, to=backend().address,
                   preexec=lambda: os.setgroups(others))
    assert set(processes.ids_of(node.pid)[2]) == set(others)
    nogroup = grp.getgrnam("nogroup").gr_gid
    wait_for_children(node, lambda uids, gids, groups: set(groups) == {nogroup}, "one group alone")


OF_USER, ADDED, ANOTHER = 4_000_200, 4_000_201, 4_000_202   # numbers of groups that nobody has


@pytest.mark.parametrize("lines, groups", [
    ("", {"nogroup", OF_USER}), ("no-initgroups = true\n", set()),
    ("add-gid = added\n", {ADDED}), (f"add-gid = added\nadd-gid = {ANOTHER}\n", {ADDED, ANOTHER}),
    ("no-initgroups = true\nadd-gid = added\n", {ADDED})])
def test_groups_of_the_user_and_more(reprise, backend, tmp_path, lines, groups):
    file = tmp_path / "group"
    file.write_text(open("/etc/group").read() +
                    f"of-user:x:{OF_USER}:{USER.pw_name}\nadded:x:{ADDED}:\n")
    node = reprise(f"[uwsgi]\nuid = {USER.pw_name}\ngid = nogroup\n" + lines + HTTP,
                   to=backend().address, wrapper=[
                       "unshare", "-m", "sh", "-c",
                       f'mount --bind {file} /etc/group && exec "$@"', "sh"])
    primary = grp.getgrnam("nogroup").gr_gid
    expected = {primary if group == "nogroup" else group for group in groups}
    wait_for_children(node, lambda uids, gids, found: (set(uids), set(gids)) == (
        {USER.pw_uid}, {primary}) and set(found) == expected, f"children of groups {expected}")


def test_a_number_that_is_no_user_needs_a_group(refused):
    node = refused(f"[uwsgi]\nuid = {NOBODYS}\n" + HTTP, to="127.0.0.1:1")
    assert f"user {NOBODYS} has no group of its own" in node.log


@pytest.mark.parametrize("line, words", [("uid = nosuchuser", "nosuchuser"),
                                         ("gid = nosuchgroup", "nosuchgroup")])
def test_an_unknown_name_is_fatal(refused, line, words):
    node = refused(f"[uwsgi]\n{line}\n" + HTTP, to="127.0.0.1:1")
    assert f"{words} not found." in node.log


def test_a_child_cannot_be_reached_by_its_old_rights(reprise, backend):
    node = reprise("[uwsgi]\nuid = nobody\ngid = nogroup\n" + HTTP, to=backend().address)
    status = f"/proc/{node.worker_pids()[1]}/status"
    wait_until(lambda: "CapEff:\t0000000000000000" in open(status).read(), 5, "no rights")
    assert get(node.address("http")).status == 200
