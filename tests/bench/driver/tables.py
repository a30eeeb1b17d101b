"""Results as Markdown."""

from .targets import TARGETS

ABSENT = "–"


def number(value, digits):
    return ABSENT if value is None else f"{value:.{digits}f}"


def cost(row, value):
    """With three figures."""
    if value is None:
        return ABSENT
    return f"{value:.2f}" if row.bytes else f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def table(head, lines):
    """Cells are padded, so that the text is readable as it stands."""
    all_lines = [head, *lines]
    widths = [max(3, *(len(line[i]) for line in all_lines)) for i in range(len(head))]

    def text(line):
        cells = [line[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(line[1:], widths[1:])]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2)] + ["-" * (w + 1) + ":" for w in widths[1:]]) + "|"
    return "\n".join([text(head), rule, *map(text, lines)])


def unit(row):
    return "s/GiB" if row.bytes else "µs"


def of_kind(results, *kinds):
    return [row for row in results.rows if row.kind in kinds]


def present(results, rows):
    """The peers that have a column."""
    return [peer for peer in results.peers if any(results.has(row.key, peer) for row in rows)]


def reprise_alone(results):
    lines = []
    for us, words in [("reprise", ""), ("reprise-http", ", to an HTTP backend")]:
        for row in of_kind(results, "cpu"):
            if not results.has(row.key, us):
                continue
            lines.append([row.title + words, f"{cost(row, results.figure(row.key, us))} {unit(row)}",
                          *(number(results.ratio(row.key, us, other), 2)
                            for other in ("floor", "nginx", "nginx-uwsgi", "haproxy", "uwsgi")),
                          number(results.calls_of(row.key, us), 1),
                          number(results.worst(row.key, us, "resumed") if row.resumes else None, 2),
                          number(results.figure(row.key, us, "retries"), 2),
                          number(results.figure(row.key, us, "p50_us"), 0),
                          number(results.figure(row.key, us, "p99_us"), 0)])
    return table(["Reprise", "CPU", "x floor", "x nginx", "x nginx-uwsgi", "x haproxy", "x uwsgi",
                  "calls", "resumed", "HRR", "p50 µs", "p99 µs"], lines)


def all_costs(results):
    lines = []
    peers = present(results, of_kind(results, "cpu"))
    for row in of_kind(results, "cpu"):
        cells = []
        for peer in peers:
            ratio = results.ratio(row.key, peer, "floor")
            paired = "" if ratio is None else f" x{ratio:.2f}"
            cells.append(cost(row, results.figure(row.key, peer)) + paired)
        lines.append([f"{row.title}, {unit(row)}", *cells])
    return table(["CPU", *peers], lines)


def all_calls(results):
    peers = present(results, of_kind(results, "cpu"))
    lines = [[row.title + (", per MiB" if row.bytes else ""),
              *(number(results.calls_of(row.key, peer), 1) for peer in peers)]
             for row in of_kind(results, "cpu")]
    return table(["system calls", *peers], lines)


def all_resumed(results):
    """With the HelloRetryRequests of an unconfigured client."""
    resuming = [row for row in of_kind(results, "cpu") if row.resumes]
    unconfigured = [row for row in of_kind(results, "cpu")
                    if row.arguments.get("client") == "default"]
    peers = present(results, resuming + unconfigured)
    lines = [[row.title, *(number(results.figure(row.key, peer, "resumed"), 2) for peer in peers)]
             for row in resuming]
    lines += [["HelloRetryRequests: " + row.title,
               *(number(results.figure(row.key, peer, "retries"), 2) for peer in peers)]
              for row in unconfigured]
    return table(["resumed fraction", *peers], lines)


def memory_and_wake_ups(results):
    lines = []
    peers = present(results, of_kind(results, "idle", "wake"))
    for row in of_kind(results, "idle"):
        lines.append([f"KiB per {row.title}",
                      *(number(results.figure(row.key, peer), 1) for peer in peers)])
        lines.append(["of it shared memory",
                      *(number(results.figure(row.key, peer, "shared"), 1) for peer in peers)])
    for row in of_kind(results, "wake"):
        lines.append([row.title, *(number(results.figure(row.key, peer), 2) for peer in peers)])
        if not results.calls[row.key]:
            continue
        for words, beginning in (("epoll_wait", ("epoll_wait", "epoll_pwait")), ("accept", "accept")):
            lines.append([f"under strace, calls of {words}",
                          *(number(results.calls_named(row.key, peer, beginning), 2)
                            for peer in peers)])
    return table(["memory (PSS), wake-ups", *peers], lines)


def targets(results):
    lines = []
    for target in TARGETS:
        value = target.figure(results)
        if value is None:
            continue
        sign = "≥" if target.at_least else "≤"
        lines.append([target.words, f"{sign} {target.limit:g}", number(value, 2),
                      "yes" if target.met_by(value) else "NO"])
    return [table(["target", "reach", "measured", "met"], lines)] if lines else []


def report(results):
    parts = []
    if of_kind(results, "cpu"):
        parts += [reprise_alone(results), all_costs(results)]
        if any(row.resumes for row in results.rows):
            parts.append(all_resumed(results))
        if any(results.calls.values()):
            parts.append(all_calls(results))
    if of_kind(results, "idle", "wake"):
        parts.append(memory_and_wake_ups(results))
    parts += targets(results)
    errors = [f"* {key}, {peer}: {message}" for key, peer, message in results.errors()]
    return "\n\n".join([*parts, *(["\n".join(errors)] if errors else [])])
