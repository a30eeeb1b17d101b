"""The configuration language: every case of tests/golden/configuration as uWSGI 2.0.21 reads it.

differences.json has the cases in which we differ on purpose: why, and what we do instead. Those with
`or_alike` may also be as uWSGI has them: they end with the options that have no effect yet.
"""

import pytest

from harness import configuration_corpus as corpus
from harness.node import BINARY

DIFFERENCES = corpus.load("differences")


@pytest.mark.parametrize("name", corpus.UWSGI)
def test_case(name, tmp_path):
    expected = DIFFERENCES.get(name, corpus.UWSGI[name])
    got, said = corpus.run(str(BINARY), name, tmp_path / "case",
                           wait_for_end="config" not in expected)
    if expected.get("or_alike") and not corpus.differences(corpus.UWSGI[name], got, said):
        return
    assert not corpus.differences(expected, got, said)


def test_each_difference_is_one_and_has_a_reason():
    for name, ours in DIFFERENCES.items():
        assert ours["why"], name
        assert {key: ours[key] for key in corpus.UWSGI[name] if key in ours} != corpus.UWSGI[name]
