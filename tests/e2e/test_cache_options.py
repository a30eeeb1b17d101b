"""The options of the cache: what is said of them at the start, and what they do."""

import gzip
import json

import pytest

HTTP = "http = {http}\nhttp-to = 127.0.0.1:1\n"
FULL = '*** DANGER cache "default" is FULL !!! ***'


def ini(*lines):
    return "[uwsgi]\n" + "".join(line + "\n" for line in lines) + HTTP


@pytest.mark.parametrize("line, words", [
    ("cache2 = items=5", "you have to specify a cache name"),
    ("cache2 = name=c", "you have to specify the maximum number of cache items"),
    ("cache2 = name=c,items=abc", "you have to specify the maximum number of cache items"),
    ("cache2 = name=c,items=5,blocksize=0", 'invalid cache blocksize for "c"'),
    ("cache2 = name=c,items=5,blocks=0", 'invalid cache blocks for "c"'),
    ("cache2 = name=c,items=5,hash=crc", 'invalid cache hash for "c"'),
    ("cache2 = name=c,items=5,hashsize=0", 'invalid cache hashsize for "c"'),
    ("cache2 = name=c,items=5,hashsize=4294967296", 'invalid cache hashsize for "c"'),
    ("cache2 = name=c,items=5,keysize=0", 'invalid cache keysize for "c"'),
    ("cache2 = name=c,items=5,keysize=65536", 'invalid cache keysize for "c"'),
    ("cache2 = name=c,items=5,blocks=4",
     'invalid number of cache blocks for "c", must be higher than max_items (5)'),
    ("cache2 = name=c,items=5,node=nowhere", "[cache-udp-node] invalid udp address: nowhere"),
    ("cache-udp-node = nowhere", "[cache-udp-node] invalid udp address: nowhere"),
    ("load-file-in-cache = /none/such", 'open("/none/such"): No such file or directory'),
])
def test_mistakes_end_the_start_in_uwsgis_words(refused, line, words):
    node = refused(ini("cache = 10", line))
    assert words in node.log
    assert "node.ini:3:1" in node.log, "with the place"


@pytest.mark.parametrize("keys, stats", [
    ("max_items=7", {"max_items": 7}),
    ("maxitems=7", {"max_items": 7}),
    ("items=7", {"max_items": 7}),
    ("items=4k", {"max_items": 4}),
    ("items=5,items=9", {"max_items": 9}),
    ("items=7,blocks=9", {"blocks": 9}),
    ("items=7", {"blocks": 7, "blocksize": 65536, "keysize": 2048, "hashsize": 65536,
                 "hash": "djb33x"}),
    ("items=7,hash=murmur2,hash_size=9,key_size=65535",
     {"hash": "murmur2", "hashsize": 9, "keysize": 65535}),
    ("items=7,hash=rr,hashsize=8,keysize=3", {"hash": "rr", "hashsize": 8, "keysize": 3}),
])
def test_keys_and_their_aliases(reprise, keys, stats):
    node = reprise(ini(f"cache2 = name=c,{keys}", "stats = {stats}"))
    cache = node.stats()["caches"][0]
    assert {name: cache[name] for name in stats} == stats


def test_names_are_exact_and_may_be_escaped(reprise):
    node = reprise(ini(r"cache2 = name=c\,d,items=5", "cache2 = name= e,items=5",
                       "stats = {stats}"))
    assert [cache["name"] for cache in node.stats()["caches"]] == ["c,d", " e"]


@pytest.mark.parametrize("keys, warning", [
    ("max-items=3", 'unknown key "max-items" of cache2'),
    (" blocks=9", 'unknown key " blocks" of cache2'),
    ("bitmap=0", "bitmap=0 switches bitmap on"),
    ("lastmod=", "lastmod= switches lastmod on"),
    ("lru=no", "lru=no switches lru on"),
    ("purge_lru", '"purge_lru" sets nothing'),
])
def test_what_is_easily_misread_is_warned_of(reprise, keys, warning):
    node = reprise(ini(f"cache2 = name=c,{keys},items=5"))
    assert f"*** WARNING: node.ini:2:1: {warning}" in node.log


def test_start_lines(reprise):
    node = reprise(ini("cache2 = name=b,items=10,blocksize=1000,blocks=20,bitmap=1,keysize=12",
                       "cache = 5"))
    lines = [line for line in node.log.splitlines() if "*** Cache" in line]
    assert lines == [
        '*** Cache "default" initialized: 0MB (key: 2136 bytes, keys: 10680 bytes, '
        'data: 327680 bytes, bitmap: 0 bytes) preallocated ***',
        '*** Cache "b" initialized: 0MB (key: 100 bytes, keys: 1000 bytes, '
        'data: 20000 bytes, bitmap: 3 bytes) preallocated ***']


@pytest.mark.parametrize("lines, sweeps", [
    (["cache = 5"], True),
    (["cache = 5", "cache-no-expire = true"], False),
    (["cache2 = name=a,items=5,lru=1", "cache2 = name=b,items=5,lazy=1",
      "cache2 = name=c,items=5,no_expire=1"], False),
    (["cache2 = name=a,items=5,purge_lru=1", "cache2 = name=b,items=5"], True),
    (["cache = 0"], False),
])
def test_the_sweeper_is_announced_if_it_has_anything_to_do(reprise, lines, sweeps):
    node = reprise(ini(*lines, "stats = {stats}"))
    assert ("cache sweeper thread enabled" in node.log) == sweeps


def stored_items(run_reprise, node, store):
    answer = run_reprise("cache", node.path(store), "--json", "--keys")
    assert answer.returncode == 0, answer.stderr
    return {item["key"]: item for item in json.loads(answer.stdout)["keys"]}


def test_items_and_files_are_stored_at_the_start(start, session_directory):
    file = session_directory / "preloaded"
    file.write_bytes(b"content " * 100)
    node = start(ini("cache = 10", "cache2 = name=other,items=5", "add-cache-item = a=1=2",
                     "add-cache-item = other b=hello world", "add-cache-item = nothing",
                     "add-cache-item = e=", "add-cache-item = none x=1",
                     f"load-file-in-cache-gzip = other {file}", f"load-file-in-cache = {file}",
                     "stats = {stats}"))
    node.wait_until_ready()
    said = [line for line in node.log.splitlines() if line.startswith("[cache")]
    assert said == [
        f'[cache] stored "{file}" in "default"',
        '[cache] stored "a" in "default"',
        "[cache] unable to store item nothing",
        '[cache-error] unable to store "e" in "default"',
        f'[cache] stored "{file}" in "other"',
        f'[cache-gzip] stored "{file}" in "other"',
        '[cache] stored "a" in "other"',
        '[cache] stored "b" in "other"',
        "[cache] unable to store item nothing",
        '[cache-error] unable to store "e" in "other"']
    assert [cache["items"] for cache in node.stats()["caches"]] == [2, 3]
    assert '*** WARNING: there is no cache "none" ***' in node.log


def test_what_is_stored_at_the_start(reprise, run_reprise, session_directory):
    file = session_directory / "to-compress"
    file.write_bytes(b"content " * 100)
    node = reprise(ini("cache = 10", "cache-store = store", "add-cache-item = a=12345",
                       f"load-file-in-cache-gzip = {file}"))
    items = stored_items(run_reprise, node, "store")
    assert items["a"]["value_size"] == 5 and items["a"]["expires"] == 0
    content = node.path("store").read_bytes()
    assert b"\x1f\x8b" in content and len(gzip.compress(b"content " * 100)) < 100
    assert items[str(file)]["value_size"] < 100


def test_a_cache_of_ten_million_items_starts_at_once_and_takes_little(reprise):
    node = reprise(ini("cache2 = name=c,items=10000000,keysize=128,blocksize=4096",
                       "add-cache-item = a=1", "stats = {stats}"))
    stats = node.stats()
    assert stats["caches"][0]["items"] == 1
    assert stats["cache_details"][0]["used_bytes"] < 200
    memory = [int(line.split()[1]) for line in open(f"/proc/{node.pid}/status")
              if line.startswith("RssShmem")]
    assert memory[0] < 8192, "kB of shared memory"


def test_memory_can_be_locked(reprise):
    node = reprise(ini("cache = 100", "cache-mlock = true", "add-cache-item = a=1"))
    locked = [int(line.split()[1]) for line in open(f"/proc/{node.keeper_pid()}/status")
              if line.startswith("VmLck")]
    assert locked[0] > 0 or "mlock2() of cache" in node.log
