"""Keep a local table of items in step with an app, with webhooks and Starlette."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import tasks_table
import uvicorn
from receiver_settings import API_URL, APP_ID, APP_TOKEN, CLIENT_ID, CLIENT_SECRET, HOOK_SECRET, HOOKS_URL, INBOX, PORT
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from podio_web import GoneError, NotFoundError, Podio
from podio_web.hooks import Event, Hooks, SQLiteInbox
from podio_web.items import App

podio = Podio("app", client_id=CLIENT_ID, client_secret=CLIENT_SECRET, api_url=API_URL)
tasks = App(podio, APP_ID)
hooks = Hooks(podio, secret=HOOK_SECRET, inbox=SQLiteInbox(INBOX), coalesce=0.5)
hooks.accept("app", APP_ID, HOOKS_URL)


@hooks.on("item.create", "item.update")
async def changed(event: Event) -> None:
    """Read the item, because anybody may send a delivery, and it says only which item has changed."""
    assert event.item_id is not None
    try:
        task = await tasks.get(event.item_id)
    except (NotFoundError, GoneError):
        await run_in_threadpool(tasks_table.remove, event.item_id)
    else:
        await run_in_threadpool(tasks_table.put, event.item_id, task["title"], task["status"])


@hooks.on("item.delete")
async def deleted(event: Event) -> None:
    """Look whether it is deleted, for the same reason."""
    await changed(event)


async def table(request: Request) -> Response:
    """Show the table."""
    return JSONResponse(await run_in_threadpool(tasks_table.rows))


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Sign in, and handle deliveries until the server stops."""
    await podio.authenticate_with_app(APP_ID, APP_TOKEN)
    async with podio, hooks:
        yield


app = Starlette(routes=[Route("/", table), Mount("/podio", app=hooks.asgi)], lifespan=lifespan)

if __name__ == "__main__":
    uvicorn.run(app, host="localhost", port=PORT)
