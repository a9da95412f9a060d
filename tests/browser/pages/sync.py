"""Runs a step that a test hands in, as the body of a function, or of an async one when it awaits."""

import inspect
import json
import sys

import podio_web

scope = {"json": json, "kept": {}, "podio_web": podio_web, "sys": sys}


async def step(source):
    """Return as JSON what the step returns or raises."""
    keyword = "async def" if "await " in source else "def"
    try:
        exec(f"{keyword} made():\n" + "\n".join("    " + line for line in source.split("\n")), scope)
        value = scope["made"]()
        return json.dumps({"value": await value if inspect.isawaitable(value) else value})
    except Exception as problem:
        raised = {"type": type(problem).__name__, "text": str(problem)}
        raised |= {name: getattr(problem, name, None) for name in ("code", "status")}
        return json.dumps({"raised": raised})
