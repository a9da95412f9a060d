"""How long an event takes from the change at Podio to the page, beside faye's own client in the same page.

    .venv/bin/python benchmarks/live_latency.py

Both clients subscribe to one item in a page with a script tag. The page comments on the item again and again, and
writes down when each handler is called: milliseconds since the comment was sent, so each figure includes that request.
The table shows medians, and the ratio to faye. It needs the built site, which ``make site`` makes.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from starlette.types import Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rows import BUILT, ROOT
from benchmarks.servers import in_a_process, pages_app
from podio_web.sandbox.app import create_app
from podio_web.sandbox.background import Background, quiet_config
from podio_web.sandbox.world import World
from podio_web.testing import SandboxControl

sys.path.insert(0, str(ROOT / "scripts"))

import browsers

FAYE = ROOT / "node_modules" / "faye" / "client" / "faye-browser-min.js"
ITEM = 6101
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Latency</title>
<link rel="icon" href="data:,">
<script src="/bench/faye.js"></script>
<script type="module" src="/podio-web/podio-web.js" data-client-id="demo-client" data-api-url="API_URL"
        data-interpreter="INTERPRETER"></script>
</html>
"""
SUBSCRIBE = """async ([token, path]) => {
  const podio = window.podio = await podioWeb.ready;
  podio.setAccessToken(token);
  const item = await podio.get(path);
  window.heard = { faye: null, podioWeb: null };
  await podio.subscribe(item, ({ name }) => { if (name === "comment_create") heard.podioWeb?.(); });
  const client = new Faye.Client(new URL("/faye", document.querySelector("[data-api-url]").dataset.apiUrl).href);
  client.disable("websocket");
  client.addExtension({ outgoing(message, send) {
    if (message.channel === "/meta/subscribe") {
      message.ext = { private_pub_signature: item.push.signature, private_pub_timestamp: item.push.timestamp };
    }
    send(message);
  } });
  await client.subscribe(item.push.channel, () => heard.faye?.());
}"""
ROUND = """async ([token, itemId]) => {
  const begun = performance.now();
  const arrivals = ["faye", "podioWeb"].map((name) => new Promise((resolve) => {
    heard[name] = () => resolve(performance.now() - begun);
  }));
  const url = `${document.querySelector("[data-api-url]").dataset.apiUrl}/comment/item/${itemId}/`;
  const headers = { Authorization: `OAuth2 ${token.access_token}`, "Content-Type": "application/json" };
  await fetch(url, { method: "POST", headers, body: JSON.stringify({ value: "Done" }) });
  return Promise.all(arrivals);
}"""


def serve(pipe: "Connection[str, None]", files: Mapping[str, bytes]) -> None:
    """Serve the pages and the sandbox at one origin, until the other end closes the pipe.

    To another origin, faye would use JSONP.
    """
    sandbox, pages = create_app(World(None), with_control=True), pages_app(files)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_file = scope["type"] == "http" and scope["path"] in files
        await (pages if is_file else sandbox)(scope, receive, send)

    pipe.send(Background(lambda listener: quiet_config(app), "latency", "127.0.0.1").url)
    with suppress(EOFError):
        pipe.recv()


def measure(page: Page, token: dict[str, Any], rounds: int) -> list[tuple[float, float]]:
    """Return the milliseconds of faye and of podio-web for each round, after five that do not count."""
    page.evaluate(SUBSCRIBE, [token, f"/item/{ITEM}"])
    page.wait_for_timeout(1_000)  # both have begun to poll
    found = [page.evaluate(ROUND, [token, ITEM]) for _ in range(rounds + 5)]
    return [(faye, ours) for faye, ours in found[5:]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--browser", choices=("chromium", "firefox"), action="append")
    options = parser.parse_args()
    kinds = ("micropython", "pyodide")
    files = {f"/bench/{kind}.html": PAGE.replace("INTERPRETER", kind).encode() for kind in kinds}
    files["/bench/faye.js"] = FAYE.read_bytes()
    for path in BUILT.rglob("*"):
        if path.is_file():
            files[f"/podio-web/{path.relative_to(BUILT).as_posix()}"] = path.read_bytes()
    with in_a_process(serve, files) as origin, sync_playwright() as playwright:
        control = SandboxControl(origin)
        control.settings(general_limit=10**9)
        token, port = control.issue_token(expires_in=86_400), origin.rpartition(":")[2]
        for name in options.browser or ("chromium", "firefox"):
            kind = getattr(playwright, name)
            driven = kind.launch(**browsers.launch_options(name, kind.executable_path, browsers.load_settings()))
            for interpreter in kinds:
                page = driven.new_page()
                page.goto(f"{origin}/bench/{interpreter}.html?api={port}")
                pairs = measure(page, token, options.rounds)
                faye, ours = (statistics.median(each) for each in zip(*pairs, strict=True))
                row = {"browser": name, "interpreter": interpreter, "rounds": len(pairs)}
                print(json.dumps({**row, "faye ms": faye, "podio-web ms": ours, "ratio": round(ours / faye, 2)}))
                page.close()
            driven.close()


if __name__ == "__main__":
    main()
