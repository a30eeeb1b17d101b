"""The recorded answers of tests/golden/configuration are those of the uWSGI that is installed."""

import shutil

import pytest

from harness import configuration_corpus as corpus

# Its handler leaves a piece of an address in the value.
ELSEWHERE = {"463-sharedarea-kv.ini"}


@pytest.mark.parametrize("name", [name for name in corpus.UWSGI if name not in ELSEWHERE])
def test_case(name, tmp_path):
    expected = corpus.UWSGI[name]
    got, said = corpus.run(shutil.which("uwsgi"), name, tmp_path / "case",
                           wait_for_end="config" not in expected)
    assert not corpus.differences(expected, got, said)
