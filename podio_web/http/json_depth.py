"""How deep a JSON text is, seen before it is read: some thousand levels end Pyodide for good.

https://www.rfc-editor.org/rfc/rfc8259#section-9
"""

DEEPEST = 1_000
"""Levels of lists and dicts in what is read: a tenth of what Pyodide survives."""


def is_deep(text: str) -> bool:
    """Tell whether brackets outside of strings nest deeper than anything may; cheap for what has few of them.

    >>> is_deep("[" * 5_000)
    True
    """
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    outside_strings = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    depth = 0
    for start in range(0, len(outside_strings), DEEPEST):
        part = outside_strings[start : start + DEEPEST]
        opened = part.count("[") + part.count("{")
        if depth + opened > 2 * DEEPEST:
            return True
        depth += opened - part.count("]") - part.count("}")
    return False
