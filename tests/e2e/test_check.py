"""reprise --check: whether files would start, and what is to be said of them, with nothing started."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from harness import subscriptions
from harness.addresses import free_address
from harness.node import BINARY
from harness.waiting import TIME_FACTOR

APPLICATION = Path(__file__).parent / "apps" / "echo.py"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CACHE = "cache = 100\ncache-blocksize = 4096\nssl-sessions-use-cache = true\n"
CONTEXT = "https-session-context = foobar\n"
LOCAL = "subscriptions-from = 127.0.0.1"
PLAIN = "[uwsgi]\nmaster = true\nhttp = {http}\nhttp-to = 127.0.0.1:3031\n"


class Checked:
    def __init__(self, done):
        self.status, self.text, self.said = done.returncode, done.stdout, done.stderr
        self.document = json.loads(done.stdout) if done.stdout.startswith("{") else None

    def findings(self, severity=None, code=None):
        return [finding for one in self.document["configurations"] for finding in one["findings"]
                if severity in (None, finding["severity"]) and code in (None, finding["code"])]

    def only(self, severity, code):
        found = self.findings(severity)
        assert len(found) == 1 and found[0]["code"] == code, found
        return found[0]


@pytest.fixture
def check(tmp_path, certs):
    """Checks ini texts, by their files' names: `check(a="[uwsgi]…", form="json")`."""

    def run(form="json", arguments=(), wrapper=(), environment=None, **texts):
        values = {"crt": certs.rsa.crt, "key": certs.rsa.key, "app": APPLICATION}
        for name, text in texts.items():
            def value(match):
                return str(values.setdefault(match[1], free_address()))
            (tmp_path / f"{name}.ini").write_text(re.sub(r"\{(\w+)\}", value, text))
        done = subprocess.run(
            [*wrapper, BINARY, "--check", f"--check-format={form}", *map(str, arguments),
             *(f"{name}.ini" for name in texts)], cwd=tmp_path, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=25 * TIME_FACTOR,
            env={**os.environ, **(environment or {})})
        assert done.returncode in (0, 1, 2), done
        return Checked(done)

    return run


def test_the_documents_first_setup_is_clean(check):
    ini = (EXAMPLES / "setup1" / "setup1.ini").read_text()
    checked = check(a=ini.replace("192.168.173.1:8443,foobar.crt,foobar.key", "{https},{crt},{key}")
                    .replace("127.0.0.1:5001", "{stats}"))
    assert checked.status == 0, checked.findings("warning")
    assert checked.document["configurations"][0]["result"] == "ok"
    plan = checked.document["configurations"][0]["plan"]
    listener = next(item for item in plan if item["topic"] == "listener")
    assert listener["facts"]["sessions"] == "cache default"
    assert listener["facts"]["session-context"] == "foobar"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", listener["facts"]["valid-until"])
    router = next(item for item in plan if item["topic"] == "router")
    assert router["facts"]["backends"].count("192.168.173.") == 3


def test_its_named_caches_are_clean_together_and_uwsgis_silence_is_told(check, certs, tmp_path):
    for ending in ("crt", "key"):
        shutil.copy(getattr(certs.rsa, ending), tmp_path / f"foobar.{ending}")
    texts = {name: (EXAMPLES / "named-cache" / f"{name}.ini").read_text()
             for name in ("first", "second")}
    for name in texts:
        for old, new in (("4141", "{udp1}"), ("4242", "{udp2}")):
            texts[name] = texts[name].replace(f"127.0.0.1:{old}", new)
        texts[name] = re.sub(r"= :(8443|8444|5001|5002)", r"= {p\1}", texts[name])
    checked = check(**texts)
    assert checked.status == 0, checked.findings("warning")
    stock = " ".join(finding["message"] for finding in checked.findings("note", "stock"))
    assert "OpenSSL 1.1" in stock and "SIGTERM reloads" in stock and "plugins = http" in stock


def test_peers_below_https_are_told_to_be_lost_in_uwsgi(check):
    checked = check(a="[uwsgi]\nmaster = true\n" + CACHE + CONTEXT + "https = {https},{crt},{key}\n"
                    "http-to = 127.0.0.1:1\ncache-udp-server = {udp}\n"
                    "cache-udp-node = 127.0.0.1:9\n")
    assert checked.status == 0
    lines = {finding["line"] for finding in checked.findings("note", "stock")
             if "made by the https of line 7" in finding["message"]}
    assert lines == {9, 10}


@pytest.mark.parametrize("line, severity, code, words, fix", [
    ("http-proceses = 2", "warning", "unknown", "http-proceses", "http-processes"),
    ("http-processes = 99", "error", "value", "http-processes", "0 to 64"),
    ("chroot = /x", "error", "refused", "chroot", "RootDirectory="),
    ("fastrouter = :1", "warning", "no-effect", "fastrouter", None),
    ("ini = /nonexistent.ini", "error", "file", "/nonexistent.ini", None),
    ("http-to = no.such.host.invalid:1", "error", "name", "no.such.host.invalid", None),
    ("uid = nosuchuser", "error", "account", "nosuchuser", None),
    ("pidfile = /nonexistent/pid", "error", "file", "/nonexistent/pid", None),
    ("wsgi-file = {app}\nchdir2 = /nonexistent", "error", "file", "/nonexistent", None),
    ("chdir = /nonexistent", "error", "file", "/nonexistent", None),
    ("http-access-log = /nonexistent/log", "error", "file", "/nonexistent/log", None),
    ("load-file-in-cache = /nonexistent\ncache = 10", "error", "file", "/nonexistent", None),
    ("stats = 192.0.2.1:1", "error", "address", "Cannot assign requested address", "freebind"),
    ("stats = /nonexistent/stats", "error", "address", "No such file or directory", None),
    ("stats = {http}", "error", "address", "listens at", None),
    ("cache2 = name=x,items=10,udp=192.0.2.1:5", "error", "address", "192.0.2.1:5", None),
    ("cache2 = name=x,items=10,store=/nonexistent/x", "error", "store", "/nonexistent/x", None),
    ("sni = x.test /nonexistent,{key}", "warning", "certificate", "/nonexistent", None),
    ("sni-dir = /nonexistent", "warning", "file", "/nonexistent", None),
    ("https = {https},/nonexistent.crt,{key}", "error", "certificate", "/nonexistent.crt", None),
    ("wsgi-file = /nonexistent.py", "warning", "file", "/nonexistent.py", None),
    ("http-subscription-server = 192.0.2.1:5\n" + LOCAL, "error", "address", "192.0.2.1:5", None),
    ("http-subscription-server = /nonexistent/server\n" + LOCAL, "error", "address",
     "/nonexistent/server", None),
    ("http-subscription-server = {udp}\nhttp-subscription-server = {udp}\n" + LOCAL, "error",
     "address", "Address already in use", None),
    ("cache2 = name=x,items=10,udp={udp}\nhttp-subscription-server = {udp}\n" + LOCAL, "error",
     "address", "Address already in use", None),
    ("http-subscription-server = both.sock\nhttp-subscription-server = both.sock\n" + LOCAL,
     "error", "address", "both.sock", None),
    ("http-subscription-server = {udp}\nsubscriptions-sign-check = SHA256:/nonexistent", "error",
     "file", "/nonexistent", None),
    ("http-subscription-server = {udp}\nsubscriptions-sign-check = NOHASH:/tmp", "error",
     "certificate", "NOHASH", None),
    (LOCAL + "\nhttp-subscription-server = {udp}\nsubscriptions-sign-skip-uid = nosuchuser",
     "error", "account", "nosuchuser", None),
    (LOCAL + "\nhttp-subscription-server = s.sock\nsubscriptions-credentials-check = /nonexistent",
     "warning", "file", "/nonexistent", None),
    ("subscribe2 = server=127.0.0.1:9,key=k,addr=10.0.0.1:80,sign=SHA256:/nonexistent.key", "error",
     "certificate", "/nonexistent.key", None),
    ("subscribe2 = server=127.0.0.1:9,key=k,addr=10.0.0.1:80,sign=SHA256:{crt}", "error",
     "certificate", "a private key in PEM", None),
    ("subscribe2 = server=127.0.0.1:9,key=@/nonexistent.keys,addr=10.0.0.1:80", "warning",
     "file", "/nonexistent.keys", None),
    ("subscribe-to = 10.0.0.1:80=no.such.host.invalid:9:k", "error", "name",
     "no.such.host.invalid", None),
    ("subscribe-to = 127.0.0.1:9:k", "error", "whole", "no socket of ours to announce", None),
    ("ssl-option = 524288\nhttps = {https},{crt},{key}", "warning", "ssl-option",
     "NO_ENCRYPT_THEN_MAC", None),
    ("https = {https},{crt},{key}\nssl-verify-depth = 3", "warning", "order", "ssl-verify-depth",
     "move it above line 5"),
    (CACHE + "https = {https},{crt},{key}\ncache-udp-node = 127.0.0.1:9", "warning", "peers",
     "will not resume on other nodes", "https-session-context"),
])
def test_each_kind_of_finding(check, line, severity, code, words, fix):
    checked = check(a=PLAIN + line + "\n")
    found = checked.only(severity, code)
    assert checked.status == (2 if severity == "error" else 1)
    assert words in found["message"]
    assert fix is None or fix in found["fix"]
    if code != "file" or "sni-dir" not in line:
        assert found["file"] == "a.ini" and found["line"] >= 5 and found["column"] >= 1


def test_public_keys_that_are_none(check, certs, tmp_path):
    subscriptions.write_public_key(certs.rsa.key, tmp_path / "good.test.pem")
    (tmp_path / "bad.test.pem").write_text("no key\n")
    checked = check(a=PLAIN + f"http-subscription-server = {{udp}}\n"
                    f"subscriptions-sign-check = SHA256:{tmp_path}\n")
    found = checked.only("warning", "certificate")
    assert "bad.test.pem" in found["message"] and found["line"] == 6
    (plan,) = [item for item in checked.document["configurations"][0]["plan"]
               if item["topic"] == "nodes-from"]
    assert plan["facts"] == {"of": "http", "signed": f"SHA256, by keys in {tmp_path}"}


def test_what_is_announced_is_in_the_plan(check):
    checked = check(a=PLAIN + "subscribe2 = server=127.0.0.1:9,key=k.test,addr=10.0.0.1:80,"
                    "sign=SHA256:{key}\n")
    assert checked.status == 0, checked.findings()
    (plan,) = [item for item in checked.document["configurations"][0]["plan"]
               if item["topic"] == "announce"]
    assert plan["subject"] == "k.test"
    assert plan["facts"] == {"to": "127.0.0.1:9", "address": "10.0.0.1:80", "signed": "SHA256"}


def test_certificates_that_end_soon_or_have_not_begun_or_do_not_match(check, certs, tmp_path):
    (tmp_path / "ca.cnf").write_text(
        "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nserial = serial\npolicy = any\n"
        "default_md = sha256\nnew_certs_dir = .\n[any]\ncommonName = supplied\n")
    (tmp_path / "index.txt").write_text("")

    def make(name, begins, ends):
        """A certificate from and to so many days from now."""
        def date(days):
            return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 86400 * days))

        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=tmp_path, check=True, capture_output=True)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}.test")
        openssl("ca", "-config", "ca.cnf", "-batch", "-notext", "-selfsign", "-create_serial",
                "-rand_serial", "-keyfile", f"{name}.key", "-in", f"{name}.csr", "-out",
                f"{name}.crt", "-startdate", date(begins), "-enddate", date(ends))
        return f"https = {{{name}}},{name}.crt,{name}.key\n"
    checked = check(a=PLAIN + make("soon", -1, 10) + make("past", -9, -3) + make("next", 3, 90))
    found = checked.findings("warning", "expiry")
    assert checked.status == 1 and [one["line"] for one in found] == [5, 6, 7], found
    assert "CN=soon.test" in found[0]["message"] and "expires on" in found[0]["message"]
    assert "expired on" in found[1]["message"]
    assert "not valid before" in found[2]["message"]
    checked = check(a=PLAIN + f"https = {{x}},{{crt}},{certs.other_rsa.key}\n")
    assert "unable to assign key" in checked.only("error", "certificate")["message"]


def test_relative_files_are_judged_where_they_will_be(check, tmp_path):
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
    (tmp_path / "orders").write_text("no fifo\n")
    (tmp_path / "there" / "files").write_text("no fifo\n")
    relative = "master-fifo = orders\nhttp-access-log = logs/a\npidfile = here/pid\n"
    (tmp_path / "there" / "logs").mkdir()
    checked = check(a=PLAIN + "chdir = there\nlogto = here/log\n" + relative)
    assert checked.status == 0, checked.findings()
    checked = check(a=PLAIN + "chdir = there\nmaster-fifo = files\n")
    assert "there/files is there, and is no fifo" in checked.only("error", "file")["message"]


def test_one_file_hides_nothing_of_itself_nor_of_others(check):
    checked = check(a=PLAIN + "http-processes = 99\nstats = 192.0.2.1:1\nuid = nosuchuser\n",
                    b="[uwsgi\nhttp = {http}\n", c=PLAIN)
    assert checked.status == 2
    by_name = {one["name"]: one for one in checked.document["configurations"]}
    assert [one["result"] for one in by_name.values()] == ["fails", "fails", "ok"]
    assert [finding["line"] for finding in by_name["a.ini"]["findings"]
            if finding["severity"] == "error"] == [5, 6, 7]
    assert by_name["b.ini"]["findings"][0]["code"] == "reading"
    assert by_name["b.ini"]["findings"][0]["line"] == 1


def test_peers_of_two_contexts(check):
    def node(context, mine, other):
        return (f"[uwsgi]\nmaster = true\ncache2 = name=ssl,items=9,udp={{{mine}}},"
                f"node={{{other}}}\nssl-sessions-use-cache = ssl\n"
                f"https-session-context = {context}\nhttps = {{h{mine}}},{{crt}},{{key}}\n"
                "http-to = 127.0.0.1:1\n")
    assert check(a=node("x", "u", "v"), b=node("x", "v", "u")).status == 0
    checked = check(a=node("x", "u", "v"), b=node("y", "v", "u"))
    found = checked.findings("warning", "peers")
    assert checked.status == 1 and len(found) == 2
    assert "b.ini" in found[0]["message"] and found[0]["line"] == 6


def test_an_address_somebody_listens_at(check):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = "127.0.0.1:%d" % holder.getsockname()[1]
        checked = check(a=PLAIN + f"stats = {taken}\n")
    assert "probably another instance" in checked.only("error", "address")["message"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_somebody_without_rights_is_told_of_low_ports(session_directory):
    """Where the system lets everybody have them there is nothing to tell."""
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    program = session_directory / "reprise-for-all"
    shutil.copy(BINARY, program)
    (session_directory / "low.ini").write_text(
        f"[uwsgi]\nhttp = {free_address()}\nhttp-to = 127.0.0.1:1\nstats = 127.0.0.1:81\n")
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "--check",
         "--check-format=json", "low.ini"], cwd=session_directory, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=20 * TIME_FACTOR)
    checked = Checked(done)
    if first <= 81:
        assert checked.status == 0
    else:
        assert "CAP_NET_BIND_SERVICE" in checked.only("warning", "address")["fix"]


@pytest.mark.parametrize("ending, text", [
    ("xml", "<uwsgi><http>{}</http><http-to>127.0.0.1:1</http-to><master/></uwsgi>"),
    ("yaml", "uwsgi:\n  master: true\n  http: {}\n  http-to: 127.0.0.1:1\n"),
    ("json", '{{"uwsgi": {{"master": true, "http": "{}", "http-to": "127.0.0.1:1"}}}}'),
    ("ini", "[uwsgi]\nmaster = true\nhttp = {}\nhttp-to = 127.0.0.1:1\n")])
def test_every_form_of_file_as_a_word_and_as_an_option(check, tmp_path, ending, text):
    (tmp_path / f"x.{ending}").write_text(text.format(free_address()))
    for arguments in ([f"x.{ending}"], [f"--{ending}", f"x.{ending}"]):
        checked = check(arguments=arguments)
        assert checked.status == 0, checked.findings()
        assert checked.document["configurations"][0]["name"] == f"x.{ending}"


def test_flags_belong_to_every_file(check):
    checked = check(arguments=["--http-processes", "99"], a=PLAIN, b=PLAIN.replace("http}", "h}"))
    assert [finding["file"] for finding in checked.findings("error")] == ["command line"] * 2


def test_text_has_a_caret_and_no_colours_in_a_pipe(check):
    checked = check(form="text", a=PLAIN + "http-processes = 99\n", environment={"TERM": "xterm"})
    assert checked.status == 2 and "\033" not in checked.text
    assert "error: a.ini:5:1: invalid value" in checked.text
    assert "http-processes = 99\n      ^\n" in checked.text
    assert "a.ini: will not start (1 error, 0 warnings)" in checked.text


def test_a_terminal_has_colours_unless_they_are_refused(tmp_path):
    (tmp_path / "a.ini").write_text("[uwsgi]\n")
    command = f"{BINARY} --check a.ini"
    for refused in ("", "1"):
        done = subprocess.run(["script", "-qec", command, "/dev/null"], cwd=tmp_path, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=20 * TIME_FACTOR,
                              env={**os.environ, "TERM": "xterm", "NO_COLOR": refused})
        assert "will not start" in done.stdout
        assert ("\033[" in done.stdout) == (not refused)


def test_no_key_is_printed(check, certs, tmp_path):
    key = Path(certs.rsa.key).read_text()
    for directory in ("", f"ssl-tmp-dir = {tmp_path}\n"):
        for form in ("text", "json"):
            checked = check(form=form, a=PLAIN + directory + "https = {x},{crt},$(THE_KEY)\n"
                            "https = {x},{crt},$(THE_KEY),NONE\n",
                            environment={"THE_KEY": key})
            assert not any(line in checked.text + checked.said for line in key.splitlines()[1:-1])


def test_a_format_that_is_none(check):
    checked = check(form="yaml", a=PLAIN)
    assert checked.status == 2 and "text or json expected" in checked.said


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_it_listens_to_nothing_and_makes_no_file(check, tmp_path):
    (tmp_path / "old.store").write_bytes(b"not a store")
    os.mkfifo(tmp_path / "orders")
    text = (PLAIN + "https = {https},{crt},{key}\nstats = stats.sock\nrawrouter = {raw}\n"
            "rawrouter-to = 127.0.0.1:1\ncache2 = name=a,items=9,udp={udp},store=new.store\n"
            "cache2 = name=b,items=9,store=old.store,store_delete=1\ncache-tcp-server = {tcp}\n"
            "pidfile = pid\nsafe-pidfile = pid2\nmaster-fifo = orders\nmaster-fifo = new-fifo\n"
            "logto = log\ndaemonize = daemon-log\nhttp-access-log = access\nvacuum = true\n"
            "module = app\nhttp-socket = app.sock\nhttp-subscription-server = sub.sock\n"
            "http-subscription-server = {sub}\nsubscriptions-from = 127.0.0.1\n")
    (tmp_path / "a.ini").write_text("")
    before = None

    def files():
        return {path: (path.lstat().st_mtime_ns, path.lstat().st_ino)
                for path in tmp_path.iterdir() if path.name not in ("calls", "a.ini")}

    before = files()
    # A sanitizer does not look for leaks in a traced process.
    checked = check(a=text, environment={"ASAN_OPTIONS": "detect_leaks=0"},
                    wrapper=["strace", "-f", "-qq", "-o", tmp_path / "calls", "-e",
                             "trace=listen,execve,fork,vfork,clone,clone3,kill,open,openat,"
                             "creat,unlink,mkdir,mknod,mknodat,ftruncate,rename"])
    assert checked.status == 0, checked.findings("error") + checked.findings("warning")
    assert files() == before
    calls = (tmp_path / "calls").read_text()
    assert "a.ini" in calls
    assert not re.search(r"\b(listen|fork|vfork|kill|creat|unlink|mkdir|mknod|mknodat|rename)\(",
                         calls)
    assert not re.search(r"O_CREAT|O_TRUNC", calls)
    assert len(re.findall(r"\bexecve\(", calls)) == 1


@pytest.mark.parametrize("name", ["https", "cache-mlock", "check", "chroot"])
def test_explain_has_the_source(run_reprise, name):
    done = run_reprise("--explain", name)
    assert done.returncode == 0
    assert re.search(r"^  source: (uWSGI, .*https://|Reprise's own)", done.stdout, re.M)
    assert re.search(r"^  support: ", done.stdout, re.M)
