"""Clients, simply: a session comes back with a probability, after a random time, to a random node, and
again with the same probability. Some come back at once, within a round trip, before a push can be there."""

from dataclasses import dataclass, field

from . import rules
from .pull import Outcome, Search

RETURNS = 0.75                   # so a session is offered three times on average
AT_ONCE = 0.2                    # of the first returns
MEAN_PAUSE = 30e6                # microseconds, of the others; exponential


@dataclass
class Visits:
    sessions: int = 0            # made, by full handshakes
    returns: int = 0             # while the session lives
    here: int = 0                # it was in the node's cache
    pulled: int = 0
    searches: int = 0
    waited: float = 0.0          # microseconds, in all searches
    sums: Outcome = field(default_factory=Outcome)

    def hit_ratio(self, served=1.0):
        return (self.here + served * self.pulled) / self.returns

    def each(self, what):
        """Of a sum over searches, for each session that was made."""
        return getattr(self.sums, what) / self.sessions


class Session:
    """Who has it."""

    def __init__(self, random, nodes, home, made, spread):
        self.home, self.made, self.spread, self.random = home, made, spread, random
        self.arrival = {home: made}
        self.ranked = []
        while len(self.ranked) < min(3, nodes - 1):   # who is asked after the home
            node = random.randrange(nodes)
            if node != home and node not in self.ranked:
                self.ranked.append(node)

    def is_at(self, node, now):
        if node not in self.arrival:
            self.arrival[node] = self.spread(self.random, self.made)
        at = self.arrival[node]
        return at is not None and at <= now

    def deputies(self, asker):
        return [node for node in self.ranked if node != asker][:2]


def simulate(random, nodes, network, spread, sessions, gone=None):
    """`spread(random, made)`: when a push is at a node, None if never. `gone`: a node that was killed after
    it made its sessions and before any came back."""
    out = Visits()
    for _ in range(sessions):
        home = random.randrange(nodes)
        session, first, now = Session(random, nodes, home, 0.0, spread), True, 0.0
        out.sessions += 1
        while random.random() < RETURNS:
            # Nobody comes back at once to a node that has been killed since.
            at_once = first and session.home != gone and random.random() < AT_ONCE
            now += (random.random() * network.round_trip if at_once
                    else random.expovariate(1 / MEAN_PAUSE))
            first = False
            if now - session.made > rules.LIFETIME * 1e6:
                break
            node = random.randrange(nodes)
            while node == gone:
                node = random.randrange(nodes)
            out.returns += 1
            if session.is_at(node, now):
                out.here += 1
                continue
            if search(out, random, network, session, node, now, gone):
                out.pulled += 1
                session.arrival[node] = now
            else:                # a full handshake makes another session
                session, first = Session(random, nodes, node, now, spread), True
                out.sessions += 1
    return out


def search(out, random, network, session, node, now, gone):
    home = None if session.home in (gone, node) else True
    deputies = tuple(session.is_at(each, now) for each in session.deputies(node) if each != gone)
    outcome = Search(random, network, home, deputies).run()
    out.searches += 1
    out.waited += outcome.took
    for name in ("asks", "asks_heard", "answers", "answers_heard", "not_here", "not_here_heard"):
        setattr(out.sums, name, getattr(out.sums, name) + getattr(outcome, name))
    return outcome.found
