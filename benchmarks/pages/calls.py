"""Calls in Python, through the client and by hand: run inside a page that has started already."""

import asyncio
import json

import js

from podio_web.runtime.js_bridge import create_proxy

running = set()


def offer(podio, settings):
    """Let the page ask for measured calls with ``benchPythonCalls``."""
    authorization = "OAuth2 " + settings["token"]["access_token"]
    js_options = js.JSON.parse(json.dumps({"headers": {"Authorization": authorization}}))

    async def by_hand(path):
        response = await js.fetch(settings["api_url"] + path, js_options)
        return json.loads(await response.text())

    calls = {"client": podio.get, "hand": by_hand}

    async def measure(call, path, count, at_once, js_settle):
        try:
            began = js.performance.now()
            if at_once:
                await asyncio.gather(*(call(path) for _ in range(count)))
            else:
                for _ in range(count):
                    await call(path)
            outcome = {"ms": js.performance.now() - began}
        except Exception as problem:
            outcome = {"error": type(problem).__name__ + ": " + str(problem)}
        js_settle(json.dumps(outcome))

    def start(way, path, count, at_once, js_settle):
        # A task of its own: MicroPython's loop does not take an async def as a callback. Kept, or it may be collected.
        running.clear()
        running.add(asyncio.create_task(measure(calls[way], path, count, at_once, js_settle)))

    js.window.benchPythonCalls = create_proxy(start)
