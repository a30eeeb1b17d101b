"""One search for a session, as src/cluster/pulls.cpp does it: whom it asks, and when again."""

import heapq
from dataclasses import dataclass, field
from itertools import count

from . import rules

FIRST_DEPUTY, EVERYBODY, NONE_LEFT = 2, 3, 4


@dataclass
class Outcome:
    found: bool = False
    took: float = 0.0
    asks: int = 0                # sent, and of them heard
    asks_heard: int = 0
    answers: int = 0
    answers_heard: int = 0
    not_here: int = 0
    not_here_heard: int = 0


@dataclass
class Asked:
    has: bool
    is_home: bool
    times: int = 0
    answered: bool = False


@dataclass
class Search:
    """`home`: whether it has the session; None: there is no home to ask. `deputies`: the same of them."""
    random: object
    network: object
    home: object
    deputies: tuple = ()
    outcome: Outcome = field(default_factory=Outcome)

    def __post_init__(self):
        self.homes = [] if self.home is None else [Asked(self.home, True)]
        self.others = [Asked(has, False) for has in self.deputies]
        self.stage = 0 if self.homes else FIRST_DEPUTY
        self.step = (rules.pull_step(self.network.round_trip, self.network.jitter) if self.homes
                     else rules.PULL_BUDGET / 4)
        self.events, self.order, self.due = [], count(), 0.0

    def run(self):
        if not self.homes and not self.others:
            return self.outcome
        self._ask_next(0.0)
        while True:
            due = min(self.due, rules.PULL_BUDGET)
            if self.events and self.events[0][0] <= due:
                at, _, whom, has = heapq.heappop(self.events)
                if self._heard(at, whom, has):
                    return self.outcome
            elif due >= rules.PULL_BUDGET:
                self.outcome.took = rules.PULL_BUDGET
                return self.outcome
            else:
                self._ask_next(due)

    def _ask(self, whom, now):
        if whom.answered:
            return
        whom.times += 1
        out = self.outcome
        out.asks += 1
        there = self.network.delay(self.random)
        if there is None:
            return
        out.asks_heard += 1
        back = self.network.delay(self.random)
        if whom.has:
            out.answers += 1
            out.answers_heard += back is not None
        else:
            out.not_here += 1
            out.not_here_heard += back is not None
        if back is not None:
            heapq.heappush(self.events, (now + there + back, next(self.order), whom, whom.has))

    def _ask_next(self, now):
        if self.stage < FIRST_DEPUTY or self.stage == EVERYBODY or not self.others:
            for home in self.homes:
                self._ask(home, now)
        if self.stage == FIRST_DEPUTY and self.others:
            self._ask(self.others[0], now)
        if self.stage == EVERYBODY:
            for deputy in self.others:
                self._ask(deputy, now)
        self.stage += 1
        wait = self.step * 1.5 if self.stage == EVERYBODY else self.step
        self.due = rules.PULL_BUDGET if self.stage >= NONE_LEFT else now + wait

    def _heard(self, now, whom, has):
        """True when the search is over."""
        if has:
            self.outcome.found, self.outcome.took = True, now
            return True
        if whom.answered:
            return False
        whom.answered = True
        homes = all(each.answered for each in self.homes)
        if homes and all(each.answered for each in self.others):
            self.outcome.took = now
            return True
        if homes and self.stage <= FIRST_DEPUTY:
            self.stage = FIRST_DEPUTY
            self._ask_next(now)
        elif self.others and self.others[0].answered and self.stage == EVERYBODY:
            self._ask_next(now)
        return False
