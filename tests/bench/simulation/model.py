"""A cluster: what its rules cost each node, and how many clients are resumed."""

from dataclasses import dataclass
from random import Random

from . import clients, keeper, rules
from .network import Network

PUSH, REPEATER, PULL, STORE = "push to all", "push through a repeater", "pull only", "external store"
MODES = (PUSH, REPEATER, PULL, STORE)
SIZES = (3, 30, 300, 3000)
RATES = (100, 1_000, 10_000, 100_000)
LOSSES = (0.0, 0.05)


@dataclass
class Result:
    nodes: int
    rate: int                    # sessions a second, in the cluster
    mode: str
    loss: float
    cpu: float = 0.0             # of a node's sync, in processors; its keeper has one
    bytes: float = 0.0           # of a node, a second, both ways, with IP and UDP
    hits: float = 0.0            # of the returns
    hits_without_one: float = 0.0    # the same, when a node was killed
    wait: float = 0.0            # microseconds that a return waits, on average over all
    batch: float = 1.0           # sessions in a datagram
    held: float = 0.0            # bytes of memory of a node
    tls: float = 0.0             # processors that a node's handshakes need
    elsewhere: float = 0.0       # processors of the repeater or the store
    elsewhere_bytes: float = 0.0
    overloaded: bool = False     # the keeper, or the bound on pulls: sessions are lost to that


def traffic(result, cost, out, size, heard=None, hear_cost=rules.HEAR_SMALL):
    """So many datagrams a second of a node, and as many of others that arrive."""
    heard = out if heard is None else heard
    result.bytes += (out + heard) * size
    result.cpu += (out * cost + heard * hear_cost) / 1e6


def add_control(result, network):
    """Hellos, and a challenge with its proof each minute from each side."""
    peers, size = result.nodes - 1, rules.datagram(rules.hello())
    each = 1 / rules.hello_interval(result.nodes)
    arrives = network.arrives(2 if result.mode == REPEATER else 1)
    told = 1 if result.mode == REPEATER else peers
    result.bytes += (told + peers * arrives) * each * size
    result.cpu += each * (rules.SEAL_ONE + told * rules.SEND_IN_BURST
                          + peers * arrives * rules.HEAR_SMALL) / 1e6
    if result.mode == REPEATER:
        add_copies(result, each, size)
    for message in (rules.CHALLENGE, rules.PROOF):
        traffic(result, rules.SEND_SMALL, peers / rules.PROOF_INTERVAL, rules.datagram(message),
                peers / rules.PROOF_INTERVAL * network.arrives())


def add_copies(result, datagrams, size):
    """That many of each node, through the repeater."""
    all_of_them, peers = datagrams * result.nodes, result.nodes - 1
    result.elsewhere += all_of_them * (rules.REPEATER_RECEIVE + peers * rules.REPEATER_COPY) / 1e6
    result.elsewhere_bytes += all_of_them * (1 + peers) * size


def add_pulls(result, visits, share=1.0):
    each = result.rate / result.nodes * share
    for message, sent, heard in ((rules.ASK, "asks", "asks_heard"),
                                 (rules.ANSWER, "answers", "answers_heard"),
                                 (rules.NOT_HERE, "not_here", "not_here_heard")):
        traffic(result, rules.SEND_SMALL, each * visits.each(sent), rules.datagram(message),
                each * visits.each(heard))
    result.cpu += each * visits.pulled / visits.sessions * rules.SET / 1e6


def push_load(random, result, network):
    """The keeper's sending, with what it hears of the others; they are all alike."""
    links = 2 if result.mode == REPEATER else 1
    peers, addressees = result.nodes - 1, 1 if result.mode == REPEATER else result.nodes - 1
    each, arrives = result.rate / result.nodes, network.arrives(links)
    share = 1.0
    for _ in range(3):
        sending = keeper.send(random, each, addressees, share)
        datagrams = each / sending.batch
        hearing = datagrams * peers * arrives * (
            rules.RECEIVE + rules.open_(sending.batch) + sending.batch * rules.SET) / 1e6
        share = max(0.05, 1 - hearing)
    sends = each * sending.busy / sending.sessions / 1e6
    return sending, datagrams, sends, hearing


def add_repairs(result, network, datagrams, links):
    """What is lost is asked for again, directly, and told again, one at a time."""
    lost = datagrams * (result.nodes - 1) * (1 - network.arrives(links))
    asks = lost * network.asks_for_a_lost_push()
    arrives = network.arrives()
    traffic(result, rules.SEND_SMALL, asks, rules.datagram(rules.LOST), asks * arrives)
    traffic(result, rules.SEND_SMALL, asks * arrives, rules.datagram(rules.SESSION, rules.SETTLED),
            asks * arrives ** 2, rules.HEAR_SMALL + rules.SET)


def run_push(random, result, network, sessions):
    links = 2 if result.mode == REPEATER else 1
    sending, datagrams, sends, hearing = push_load(random, result, network)
    wanted = sends + hearing
    served = min(1.0, 1 / wanted)
    size = rules.push(sending.batch)
    addressees = 1 if result.mode == REPEATER else result.nodes - 1
    result.batch, result.overloaded = sending.batch, wanted > 1
    result.cpu += min(wanted, 1.0)
    result.bytes += served * datagrams * size * (addressees + (result.nodes - 1)
                                                 * network.arrives(links))
    if result.mode == REPEATER:
        add_copies(result, served * datagrams, size)
    add_repairs(result, network, served * datagrams, links)
    # The sender's next push or hello tells that one is missing.
    next_word = 1e6 / (datagrams + 1 / rules.hello_interval(result.nodes))

    def spread(chance, made):
        if served < 1 and chance.random() >= served:
            return None
        delay = network.delay(chance, links)
        if delay is None:
            delay = network.repaired(chance, chance.expovariate(1 / next_word))
        return None if delay is None else made + min(sending.waited, 1e6) + delay

    result.held = result.rate * rules.LIFETIME * rules.BYTES_HELD * served
    return look_at_clients(random, result, network, spread, sessions)


def look_at_clients(random, result, network, spread, sessions):
    visits = clients.simulate(random, result.nodes, network, spread, sessions)
    without = clients.simulate(random, result.nodes, network, spread, sessions, gone=0)
    begun = result.rate / result.nodes * visits.searches / visits.sessions
    served = min(1.0, rules.MOST_PULLS / begun) if begun else 1.0
    before = result.cpu
    add_pulls(result, visits, served)
    if result.cpu > 1:           # the keeper answers as many as it can
        pulls, left = result.cpu - before, max(0.0, 1 - before)
        served *= left / pulls
        result.cpu = 1.0
    result.overloaded |= served < 1
    result.hits, result.hits_without_one = visits.hit_ratio(served), without.hit_ratio(served)
    result.wait = visits.waited / visits.returns
    return visits


def run_store(random, result, network, sessions):
    """Of those who come back to a node that has not made their session, each is asked for."""
    visits = clients.simulate(random, result.nodes, Network(), lambda *_: None, sessions)
    asked = visits.searches / visits.sessions
    each = result.rate / result.nodes * (1 + asked)
    result.cpu = each * rules.STORE_NODE_CPU / 1e6
    result.bytes = each * rules.STORE_BYTES
    result.elsewhere = each * result.nodes * rules.STORE_CPU / 1e6
    result.elsewhere_bytes = result.bytes * result.nodes
    result.hits = result.hits_without_one = 1.0      # TCP sends again what is lost
    result.wait = Network().round_trip * visits.searches / visits.returns
    return visits


def run(nodes, rate, mode, loss=0.0, seed=1, sessions=1500):
    random = Random(f"{seed} {nodes} {rate} {mode} {loss}")
    result, network = Result(nodes, rate, mode, loss), Network(loss)
    if mode == STORE:
        visits = run_store(random, result, network, sessions)
    else:
        add_control(result, network)
        if mode == PULL:
            visits = look_at_clients(random, result, network, lambda *_: None, sessions)
        else:
            visits = run_push(random, result, network, sessions)
    if mode in (PULL, STORE):
        copies = 1 + visits.pulled / visits.sessions / 2     # one that was pulled stays half its life
        result.held = rate / nodes * rules.LIFETIME * rules.BYTES_HELD * copies
    result.tls = rate / nodes * (rules.FULL_HANDSHAKE + visits.returns / visits.sessions
                                 * rules.RESUMED_HANDSHAKE) / 1e6
    return result


def run_all(seed=1, sessions=1500, sizes=SIZES, rates=RATES, losses=LOSSES, modes=MODES):
    return [run(nodes, rate, mode, loss, seed, sessions) for nodes in sizes for rate in rates
            for mode in modes for loss in losses if not (mode == STORE and loss)]
