"""The simulation against what can be reckoned by hand, and its sizes against real datagrams."""

import json
import sys
import xml.etree.ElementTree
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from simulation import clients, keeper, model, plot, rules, tables  # noqa: E402
from simulation.network import Network  # noqa: E402
from simulation.pull import Search  # noqa: E402

VECTORS = json.loads((Path(__file__).parents[1] / "golden" / "sealed" / "vectors.json").read_text())


def never(*_):
    return None


def at_once(_, made):
    return made


def test_sizes_are_those_of_the_golden_datagrams():
    size = {name: len(bytes.fromhex(text)) for name, text in VECTORS["messages"].items()}
    assert size["ask"] == rules.ASK and size["challenge"] == rules.CHALLENGE
    assert size["proof"] == rules.PROOF and size["not_here"] == rules.NOT_HERE
    message = bytes.fromhex(VECTORS["messages"]["session"])
    der = len(message) - message.index(bytes(range(0xc8, 0xe8))) - rules.ID     # of theirs
    assert size["session"] == rules.SESSION - rules.DER + der
    assert size["answer"] == rules.ANSWER - rules.DER + der
    assert size["hello"] == rules.hello(keys=2, former=1, token=True, version=len("0.1"))
    whole = next(each for each in VECTORS["datagrams"] if each["name"] == "push")
    assert len(bytes.fromhex(whole["datagram"])) + rules.IP_AND_UDP == rules.datagram(size["session"])


def test_sizes_as_they_were_measured():
    assert rules.push(1) == 246
    assert round(rules.push(7) / 7) == 159
    assert rules.push(rules.LARGEST_BATCH) - rules.IP_AND_UDP <= rules.LARGEST_DATAGRAM
    assert rules.push(rules.LARGEST_BATCH + 1) - rules.IP_AND_UDP > rules.LARGEST_DATAGRAM


def test_cpu_between_what_was_measured():
    assert rules.seal(1) == pytest.approx(1.6) and rules.seal(7) == pytest.approx(2.1)
    assert rules.open_(1) == pytest.approx(0.7) and rules.open_(7) == pytest.approx(1.4)


def test_hellos_are_rarer_in_large_clusters():
    assert [rules.hello_interval(nodes) for nodes in (3, 500, 1000, 3000)] == [1, 1, 2, 6]


@pytest.mark.parametrize("loss", [0, 0.05, 0.5])
def test_a_datagram_is_lost_as_often_as_it_should_be(loss):
    random, network, count = Random(1), Network(loss), 20_000
    delays = [network.delay(random, links=2) for _ in range(count)]
    arrived = [each for each in delays if each is not None]
    assert len(arrived) / count == pytest.approx(network.arrives(2), abs=0.01)
    assert sum(arrived) / len(arrived) == pytest.approx(network.round_trip, rel=0.02)


@pytest.mark.parametrize("loss", [0.1, 0.5])
def test_what_was_lost_is_asked_for_three_times(loss):
    random, network, count = Random(1), Network(loss), 20_000
    took = [network.repaired(random, known=1000) for _ in range(count)]
    in_vain = (1 - (1 - loss) ** 2) ** 3
    assert sum(each is None for each in took) / count == pytest.approx(in_vain, abs=0.01)
    assert min(each for each in took if each) == pytest.approx(21_000 + 300, abs=50)
    fails = 1 - (1 - loss) ** 2
    assert network.asks_for_a_lost_push() == pytest.approx(1 + fails + fails ** 2)


def test_a_search_without_loss_asks_once():
    outcome = Search(Random(1), Network(jitter=1e-9), home=True, deputies=(False, False)).run()
    assert outcome.found and outcome.took == pytest.approx(300)
    assert (outcome.asks, outcome.answers_heard, outcome.not_here) == (1, 1, 0)


def test_a_home_without_it_sends_on_to_the_deputies():
    outcome = Search(Random(1), Network(jitter=1e-9), home=False, deputies=(False, True)).run()
    assert outcome.found and outcome.took == pytest.approx(900)
    assert (outcome.asks, outcome.answers, outcome.not_here) == (3, 1, 2)


def test_a_search_in_vain_ends_with_the_last_answer():
    outcome = Search(Random(1), Network(jitter=1e-9), home=False, deputies=(False, False)).run()
    assert not outcome.found and outcome.took == pytest.approx(900)


def test_a_dead_network_costs_the_budget_and_every_stage():
    outcome = Search(Random(1), Network(loss=1), home=True, deputies=(True, True)).run()
    # Home twice, a deputy, then all three.
    assert not outcome.found and outcome.took == rules.PULL_BUDGET and outcome.asks == 6
    assert outcome.asks_heard == 0
    # Without deputies the home is asked at each of the four stages.
    assert Search(Random(1), Network(loss=1), home=True).run().asks == 4
    assert Search(Random(1), Network(), home=None).run().asks == 0


def test_lost_asks_are_asked_again():
    """Two nodes: four asks, each there and back, so a search fails with (1 - (1 - loss)^2)^4."""
    random, network, count = Random(1), Network(loss=0.5), 20_000
    failed = sum(not Search(random, network, home=True).run().found for _ in range(count))
    assert failed / count == pytest.approx(0.75 ** 4, abs=0.01)


def test_the_keeper_sends_one_at_a_time_when_there_is_time():
    sending = keeper.send(Random(1), rate=1, addressees=2)
    assert sending.batch == 1
    assert sending.busy / sending.sessions == pytest.approx(1.6 + 2 * 8)


def test_the_keeper_fills_datagrams_when_there_is_none():
    sending = keeper.send(Random(1), rate=1_000_000, addressees=10)
    assert sending.batch > rules.LARGEST_BATCH - 0.1
    full = rules.seal(rules.LARGEST_BATCH) + 10 * 4
    assert sending.busy / sending.datagrams == pytest.approx(full, rel=0.02)


def returns_of_a_session():
    return clients.RETURNS / (1 - clients.RETURNS)


def test_clients_return_as_often_as_it_is_said(monkeypatch):
    monkeypatch.setattr(rules, "LIFETIME", 1e9)
    visits = clients.simulate(Random(1), 10, Network(), at_once, 20_000)
    assert visits.returns / visits.sessions == pytest.approx(returns_of_a_session(), rel=0.03)
    assert visits.searches == 0 and visits.hit_ratio() == 1


@pytest.mark.parametrize("nodes", [2, 5, 50])
def test_with_pulls_alone_the_first_return_is_pulled_unless_it_is_to_the_home(nodes, monkeypatch):
    monkeypatch.setattr(clients, "RETURNS", 0.02)    # hardly anybody returns twice
    visits = clients.simulate(Random(1), nodes, Network(), never, 200_000)
    assert visits.pulled / visits.returns == pytest.approx(1 - 1 / nodes, abs=0.03)
    assert visits.hit_ratio() == 1


def test_a_killed_node_takes_its_sessions_with_it(monkeypatch):
    """Pull only, one return: what node 0 of n made is gone, 1/n of all."""
    monkeypatch.setattr(clients, "RETURNS", 0.02)
    monkeypatch.setattr(clients, "AT_ONCE", 0)
    for nodes in (3, 10):
        visits = clients.simulate(Random(1), nodes, Network(), never, 200_000, gone=0)
        assert 1 - visits.hit_ratio() == pytest.approx(1 / nodes, abs=0.03)
    visits = clients.simulate(Random(1), 3, Network(), at_once, 20_000, gone=0)
    assert visits.hit_ratio() == 1, "the others have all of them"


def test_what_a_push_to_all_costs():
    """Hellos and proofs apart: each session is sealed once and sent n - 1 times, and n - 1 come."""
    result = model.run(3, 1000, model.PUSH, sessions=4000)
    each, size = 1000 / 3, 246
    hellos = 2 * 2 * rules.datagram(rules.hello())
    assert result.batch == pytest.approx(1, abs=0.01)
    pushes = each * 2 * 2 * size
    pulled = result.bytes - pushes - hellos
    assert 0 < pulled < 0.08 * pushes       # those who were back before the push
    least = each * (1.6 + 2 * 8 + 2 * (3 + 0.7 + 0.3)) / 1e6
    assert least < result.cpu < 1.1 * least
    assert result.held == 1000 * 300 * 280 and result.hits == 1 == result.hits_without_one


def test_what_a_repeater_copies():
    result = model.run(30, 1000, model.REPEATER)
    hellos = 30 * 1
    assert result.elsewhere == pytest.approx((1000 + hellos) * (3 + 29 * 4) / 1e6, rel=0.01)
    assert result.cpu < model.run(30, 1000, model.PUSH).cpu


def test_pulls_beyond_the_bound_are_refused():
    """Three nodes at 300,000 a second: each has more than 20,000 searches a second to begin."""
    result = model.run(3, 300_000, model.PULL, sessions=500)
    assert result.overloaded and result.hits < 0.8
    assert not model.run(3, 1000, model.PULL, sessions=500).overloaded


def test_a_keeper_has_one_processor():
    result = model.run(300, 1_000_000, model.PUSH, sessions=300)
    assert result.overloaded and result.cpu == 1


def test_loss_costs_repairs_and_hardly_a_hit():
    """Of 1000/30 pushes each to 29 others one in twenty is lost, asked for 1.1 times, and told again."""
    calm, lossy = (model.run(30, 1000, model.PUSH, loss, sessions=4000) for loss in (0, 0.05))
    assert 0.999 < lossy.hits < 1.0 and lossy.wait > calm.wait
    lost = 1000 / 30 * 29 * 0.05
    repairs = lost * 2 * 1.1 * (rules.datagram(rules.LOST)
                                + rules.datagram(rules.SESSION, rules.SETTLED))
    hellos = 29 * 0.05 * rules.datagram(rules.hello())
    assert lossy.bytes - calm.bytes == pytest.approx(repairs - lost * 246 - hellos, rel=0.15)


def test_the_same_seed_gives_the_same_numbers():
    one, again, other = (model.run(30, 100, model.PUSH, 0.05, seed, sessions=300) for seed in (1, 1, 2))
    assert one == again and one != other


def test_table_and_plot():
    results = model.run_all(sessions=30, sizes=(3, 30), rates=(100, 1000))
    lines = tables.as_text(results).splitlines()
    assert len(lines) == 2 + 2 * 2 * 4 and len({line.count("|") for line in lines}) == 1
    svg = xml.etree.ElementTree.fromstring(plot.as_svg(results))
    drawn = svg.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(drawn) == 3 * 2 * 7            # quantities, sizes, set-ups with and without loss


@pytest.mark.parametrize("value, words", [(0, "0"), (0.0123, "0.012"), (1.234, "1.23"), (99.94, "99.9"),
                                          (999.6, "1000"), (12345.6, "12 346")])
def test_numbers(value, words):
    assert tables.number(value) == words
