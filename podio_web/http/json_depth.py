"""Measure how deep a JSON text is before it is parsed: a few thousand levels crash Pyodide.

https://www.rfc-editor.org/rfc/rfc8259#section-9
"""

DEEPEST = 1_000
"""The most levels of lists and dicts that are read: a tenth of what Pyodide can parse."""


def is_deep(text: str) -> bool:
    """Return whether the brackets outside strings nest deeper than ``DEEPEST``. Fast for a text with few brackets.

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
