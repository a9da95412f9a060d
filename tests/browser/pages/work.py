# ruff: noqa: F704, F821 - the page puts API and TOKEN in, and a worker's Python may await at its top
import asyncio
import json

import js

import podio_web
from podio_web.runtime.detect import find_runtime

told = {}


async def problem_of(call, *arguments, **options):
    try:
        await call(*arguments, **options)
    except Exception as problem:
        return [type(problem).__name__, str(problem)]


async def main():
    runtime = find_runtime()
    podio = podio_web.Podio("client", client_id="demo-client", api_url=API, retry=None, runtime=runtime)
    told["nobody"] = await problem_of(podio.get, "/user/status")
    podio.set_access_token({"access_token": TOKEN, "expires_in": 3600})
    told["name"] = (await podio.get("/user/status"))["profile"]["name"]
    told["popup"] = await problem_of(podio.login)
    told["redirect"] = await problem_of(podio.login, method="redirect")
    told["chance"] = len(runtime.random_text())
    rung = asyncio.Event()
    runtime.after(0.001, rung.set)
    await rung.wait()
    await podio.aclose()
    js.BroadcastChannel.new("workers").postMessage(json.dumps(told))


await main()
