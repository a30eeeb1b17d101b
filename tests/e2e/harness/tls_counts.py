"""The `tls` object of the stats: how handshakes ended."""


def full(stats, version=None):
    return _sum(stats["tls"]["full"], version)


def resumed(stats, version=None):
    return _sum(stats["tls"]["resumed"], version)


def missed(stats, reason=None):
    return _sum(stats["tls"]["missed"], reason)


def failed(stats, reason=None):
    return _sum(stats["tls"]["failed"], reason)


def ended(stats):
    """All handshakes: each ends in exactly one of these."""
    return full(stats) + resumed(stats) + failed(stats)


def _sum(counts, name):
    return counts[name] if name else sum(counts.values())
