"""The network between nodes: each datagram is under way for a while, or lost."""

from dataclasses import dataclass
from random import Random

from . import rules


@dataclass
class Network:
    loss: float = 0.0            # of each datagram, on each link
    shortest: float = 150.0      # microseconds one way,
    jitter: float = 50.0         # and as much more on average

    def delay(self, random: Random, links=1):
        """One way; None if it is lost."""
        total = 0.0
        for _ in range(links):
            if self.loss and random.random() < self.loss:
                return None
            total += self.shortest + random.expovariate(1 / self.jitter)
        return total

    @property
    def round_trip(self):
        return 2 * (self.shortest + self.jitter)

    def arrives(self, links=1):
        return (1 - self.loss) ** links

    def repaired(self, random: Random, known, links=1):
        """How long a push that was lost takes when it is asked for again; None if that is in vain.
        `known`: microseconds until the next datagram tells that it is missing."""
        waits = rules.LOST_PATIENCE + known
        for attempt in range(rules.MOST_LOST):
            there, back = self.delay(random, links), self.delay(random, links)
            if there is not None and back is not None:
                return waits + attempt * rules.BETWEEN_LOST + there + back
        return None

    def asks_for_a_lost_push(self, links=1):
        """On average: as many as it takes, three at most."""
        fails = 1 - self.arrives(links) ** 2
        return sum(fails ** attempt for attempt in range(rules.MOST_LOST))
