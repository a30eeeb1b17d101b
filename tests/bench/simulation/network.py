"""The network between nodes: each datagram is under way for a while, or lost."""

from dataclasses import dataclass
from random import Random


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
