"""All samples of a run, and the figures they give."""

from .figures import middle, paired_ratio


class Results:
    """samples[row][peer]: one for each round; calls[row][peer]: one, if strace was there."""

    def __init__(self, rows, peers):
        self.rows = rows
        self.peers = peers  # names, in the order of the tables
        self.samples = {row.key: {} for row in rows}
        self.calls = {row.key: {} for row in rows}

    def add(self, row, peer, sample):
        self.samples[row.key].setdefault(peer, []).append(sample)

    def add_calls(self, row, peer, calls):
        self.calls[row.key][peer] = calls

    def has(self, key, peer):
        return bool(self.samples.get(key, {}).get(peer))

    def figure(self, key, peer, name="cost"):
        """The median over rounds of a figure of the samples; None if there is none."""
        return middle(self._series(key, peer, name))

    def worst(self, key, peer, name):
        """The smallest over rounds."""
        present = [value for value in self._series(key, peer, name) if value is not None]
        return min(present, default=None)

    def ratio(self, key, peer, other):
        return paired_ratio(self._series(key, peer, "cost"), self._series(key, other, "cost"))

    def calls_of(self, key, peer):
        calls = self.calls.get(key, {}).get(peer)
        return calls.per_operation if calls else None

    def calls_named(self, key, peer, beginning):
        """Of the system calls per operation, those whose names begin so."""
        calls = self.calls.get(key, {}).get(peer)
        return calls.named(beginning) if calls else None

    def errors(self):
        """(row, peer, message), each once."""
        found = {}
        for key, peers in self.samples.items():
            for peer, samples in peers.items():
                for sample in samples:
                    if sample.error:
                        found[(key, peer, sample.error)] = None
        for key, peers in self.calls.items():
            for peer, calls in peers.items():
                if calls.error:
                    found[(key, peer, "under strace: " + calls.error)] = None
        return list(found)

    def as_dict(self):
        return {"rows": {
            row.key: {
                "title": row.title,
                "peers": {peer: {"samples": [sample.as_dict() for sample in samples],
                                 "calls": self._calls_dict(row.key, peer)}
                          for peer, samples in self.samples[row.key].items()}}
            for row in self.rows}}

    def _calls_dict(self, key, peer):
        calls = self.calls[key].get(peer)
        return calls.as_dict() if calls else None

    def _series(self, key, peer, name):
        return [getattr(sample, name) for sample in self.samples.get(key, {}).get(peer, [])]
