"""From the samples of the rounds to the figures of the tables."""

from statistics import median


def paired_ratio(samples, others):
    """The median over rounds of what one cost against what the other cost in the same round. A
    round in which either is missing (None) does not count; None if no round is left."""
    ratios = [ours / theirs for ours, theirs in zip(samples, others)
              if ours is not None and theirs is not None and theirs > 0]
    return median(ratios) if ratios else None


def middle(samples):
    """The median of the samples that are there."""
    present = [sample for sample in samples if sample is not None]
    return median(present) if present else None


def per_operation(total, operations):
    return total / operations if operations else None


def rotated(names, turn):
    """Each round begins with another peer."""
    turn %= max(1, len(names))
    return names[turn:] + names[:turn]
