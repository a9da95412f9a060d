"""Runs the Python that a test hands in; the same file on Pyodide and MicroPython.

Names that a step assigns with ``kept["name"] = …`` are there for the next one. An init script may set
``window.beforeImport`` to Python that runs before podio_web is imported.
"""

import asyncio
import json
import sys

import js

if hasattr(js.window, "beforeImport"):
    exec(js.window.beforeImport, {"js": js, "sys": sys})

import podio_web
from podio_web.runtime.js_bridge import create_proxy

kept = {}
scope = {"asyncio": asyncio, "js": js, "json": json, "kept": kept, "podio_web": podio_web, "sys": sys}


def describe(problem):
    """Return an exception as a test wants to see it."""
    return {
        "type": type(problem).__name__,
        "text": str(problem),
        "code": getattr(problem, "code", None),
        "status": getattr(problem, "status", None),
        "retry_after": getattr(problem, "retry_after", None),
    }


async def outcome(awaitable):
    """Return what an awaitable returns, or a description of what it raises."""
    try:
        return await awaitable
    except Exception as problem:
        return {"raised": describe(problem)}


scope["describe"] = describe
scope["outcome"] = outcome


def indent(source):
    """Return the lines of a step as a function's body."""
    return "\n".join("    " + line for line in source.split("\n"))


def start(source, number):
    """Run a step as an async function; its return value goes back as JSON."""

    async def run():
        try:
            exec("async def step():\n" + indent(source), scope)
            text = json.dumps({"value": await scope["step"]()})
        except Exception as problem:
            text = json.dumps({"raised": describe(problem)})
        js.window.settleStep(number, text)

    scope["running"] = asyncio.create_task(run())


def clicked(event):
    """Run a step while a click is being handled, as an app does that opens a popup."""
    exec(js.window.stepOfClick, scope)


js.window.startStep = create_proxy(start)
js.document.getElementById("click").addEventListener("click", create_proxy(clicked))
js.window.pythonReady = True
