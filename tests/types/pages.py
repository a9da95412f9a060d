"""A page: each name and each handler's argument has its type."""

from collections.abc import Callable
from typing import Any, Literal, assert_type

from podio_web import (
    LocalStorageStore,
    Podio,
    PodioError,
    Retry,
    SessionStorageStore,
    SignInError,
    Token,
    quote,
    renew_by_popup,
)
from podio_web.files import File, Files
from podio_web.live import Live, Subscription
from podio_web.types import LiveStatus, RateLimit, ThumbnailSize

podio = Podio("client", client_id="my-app")
assert_type(podio, Podio[Literal["client"]])
patient = Podio(
    "client",
    "my-app",
    redirect_uri="https://example.com/static/callback.html",
    scope=["user:read", "space:all"],
    session_store=SessionStorageStore(),
    on_token_will_refresh=renew_by_popup,
    after_token_refreshed=lambda token: token.expires_at,
    timeout=120,
    retry=Retry(overall=90),
    expiring_before=0,
)
assert_type(patient, Podio[Literal["client"]])


async def show_profile() -> str:
    if await podio.is_authenticated():
        me = await podio.get("/user/status")
        assert_type(me, Any)
    elif podio.has_auth_error():
        assert_type(podio.get_auth_error(), SignInError | None)
    else:
        assert_type(await podio.login(), None)
        await podio.login(method="redirect")
    assert_type(podio.token, Token | None)
    assert_type(podio.rate_limit, RateLimit | None)
    assert_type(podio.get_authorization_url(state="s"), str)
    assert_type(await podio.logout(), None)
    return podio.token.scope if podio.token else ""


async def work() -> None:
    item = await podio.get(f"/item/app/3001/external_id/{quote('50 % off?')}", {"mark_as_viewed": False}, timeout=5)
    await podio.put(f"/item/{item['item_id']}", {"fields": {"title": "New"}}, retry=None)
    await podio.post("/comment/item/4/", {"value": "Done"}, params={"silent": True}, safe=False)
    await podio.delete("/item/4")
    assert_type(await podio.request("POST", "/item/app/3001/filter/", {"limit": 30}, form=False), Any)
    await podio.refresh_auth_from_store()
    podio.set_access_token({"access_token": "a1b2c3", "expires_in": 28800})


async def renew(client: Podio) -> None:
    await client.login()


async def note(token: Token) -> None:
    assert_type(token.ref, dict[str, Any] | None)


def offer(resume: Callable[[], None]) -> None:
    assert_type(resume(), None)


def wait(seconds: float | None) -> None:
    assert_type(seconds, float | None)


def tell(problem: PodioError) -> None:
    assert_type(problem.status, int | None)


def forget(detail: None) -> None:
    assert_type(detail, None)


remove = podio.on("authenticated", note)
assert_type(remove, Callable[[], None])
podio.on("expiring", lambda token: token.expires_at)
podio.on("account_changed", note)
podio.on("logged_out", forget)
podio.on("login_needed", offer)
podio.on("login_waiting", offer)
podio.on("rate_limited", wait)
podio.on("storage_degraded", tell)

hooked = Podio("client", "my-app", session_store=LocalStorageStore(), on_token_will_refresh=renew)
assert_type(hooked, Podio[Literal["client"]])


async def with_any_client(client: Podio) -> None:
    """Without the auth type, every method is allowed."""
    assert_type(client, Podio[Any])
    await client.login()
    await client.authenticate_with_app(5001, "t")


async def as_context_manager() -> None:
    async with Podio("client", "my-app") as client:
        assert_type(client, Podio[Literal["client"]])
    await with_any_client(client)


async def parts(image: Any, size: ThumbnailSize) -> None:
    files, live = Files(podio), Live(podio)
    file = await files.upload("a,b", name="data.csv", on_progress=lambda sent, of: None)
    assert_type(file, File)
    assert_type(await files.show(file, image, size="small"), None)
    assert_type(await files.read(file, size=size), bytes)
    assert_type(live.status, LiveStatus)
    assert_type(live.subscribe(await podio.get("/item/6101")), Subscription)
