"""How sessions become datagrams: the keeper seals what has come while it was busy with the one before, up
to what a datagram holds."""

from dataclasses import dataclass

from . import rules


@dataclass
class Sending:
    sessions: int = 0            # that were sent
    datagrams: int = 0
    busy: float = 0.0            # microseconds of CPU, all of them
    waited: float = 0.0          # of a session until its datagram leaves, on average

    @property
    def batch(self):
        return self.sessions / self.datagrams


def send(random, rate, addressees, share=1.0, sessions=3000):
    """`rate`: sessions of this node a second; `share`: of a processor that is left for sending."""
    gap, now, free, out = 1e6 / rate, 0.0, 0.0, Sending()
    arrivals = []
    for _ in range(sessions):
        now += random.expovariate(1 / gap)
        arrivals.append(now)
    at = 0
    while at < sessions:
        begin = max(arrivals[at], free)
        end = at + 1
        while end < sessions and end - at < rules.LARGEST_BATCH and arrivals[end] <= begin:
            end += 1
        waited = begin > arrivals[at]
        each = rules.SEND_IN_BURST if waited else rules.SEND_ALONE
        cost = rules.seal(end - at) + addressees * each
        free = begin + cost / share
        out.busy += cost
        out.datagrams += 1
        # Halfway through, on average: addressees have their turns.
        out.waited += sum(begin - arrivals[i] + cost / share / 2 for i in range(at, end))
        at = end
    out.sessions = sessions
    out.waited /= sessions
    return out
