"""uWSGI's way to print a stats document, written a second time to check the first."""

import json


def parse(text):
    """With the order of the members kept, and refusing a member that comes twice."""
    def members(pairs):
        assert len({name for name, _ in pairs}) == len(pairs), "a member comes twice"
        return dict(pairs)

    return json.loads(text, object_pairs_hook=members)


def layout(value, depth=0):
    """Tabs, one member a line, a blank line in what is empty, tabs between a key and its object."""
    tabs = "\t" * depth
    if isinstance(value, dict):
        items = [f'{tabs}\t"{name}":{_member(item, depth + 1)}' for name, item in value.items()]
        return _body("{", items, "}", tabs)
    if isinstance(value, list):
        items = [layout(item, depth) if isinstance(item, str)
                 else f"{tabs}\t{layout(item, depth + 1)}" for item in value]
        return _body("[", items, "]", tabs)
    return json.dumps(value, ensure_ascii=False)


def minified(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _member(value, depth):
    return ("\t" * depth if isinstance(value, dict) else "") + layout(value, depth)


def _body(begin, items, end, tabs):
    return begin + "\n" + ",\n".join(items) + "\n" + tabs + end
