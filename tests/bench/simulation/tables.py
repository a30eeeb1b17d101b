"""The results as a table in Markdown."""

from .model import REPEATER, STORE

HEAD = ("nodes", "new/s", "set-up", "CPU", "at 5 %", "kB/s", "at 5 %", "hits", "at 5 %", "one killed",
        "wait µs", "memory MB", "elsewhere")


def number(value):
    """Three digits of it."""
    if value == 0:
        return "0"
    digits = 3 - len(str(int(abs(value)))) if abs(value) >= 1 else 3
    return f"{value:.{max(0, digits)}f}" if value < 10_000 else f"{value:,.0f}".replace(",", " ")


def cpu(result):
    return f"{number(result.cpu * 100)} %" + (" !" if result.overloaded else "")


def elsewhere(result):
    if result.mode not in (REPEATER, STORE):
        return "–"
    return f"{number(result.elsewhere)} CPU, {number(result.elsewhere_bytes * 8 / 1e9)} Gbit/s"


def row(calm, lossy):
    """`lossy`: the same with loss; None if loss makes no difference."""
    return (str(calm.nodes), f"{calm.rate:,}".replace(",", " "), calm.mode, cpu(calm),
            cpu(lossy) if lossy else "–", number(calm.bytes / 1e3),
            number(lossy.bytes / 1e3) if lossy else "–", f"{calm.hits:.4f}",
            f"{lossy.hits:.4f}" if lossy else "–", f"{calm.hits_without_one:.4f}", number(calm.wait),
            number(calm.held / 1e6), elsewhere(calm))


def pairs(results):
    """Each result without loss, and its like with loss."""
    lossy = {(each.nodes, each.rate, each.mode): each for each in results if each.loss}
    return [(each, lossy.get((each.nodes, each.rate, each.mode)))
            for each in results if not each.loss]


def as_text(results):
    lines = ["| " + " | ".join(HEAD) + " |", "|--:|--:|---|" + "--:|" * (len(HEAD) - 3)]
    lines += ["| " + " | ".join(row(*pair)) + " |" for pair in pairs(results)]
    return "\n".join(lines) + "\n"
