"""``SyncLive`` against a push service that answers from a script."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from podio_web import AccountChanged, ConnectionFailed, LoginRequired, NotFoundError, Podio, SyncPodio, TimedOut
from podio_web.http import Request, Response
from podio_web.live import PushRefused, SyncLive
from podio_web.oauth.encoding import form_decode

ITEM, ME = "/item/6101", "/user/1"


def push(channel: str, timestamp: float | None = None) -> dict[str, Any]:
    signed_at = time.time() if timestamp is None else timestamp
    return {"channel": channel, "signature": "5ca1ab1e", "timestamp": int(signed_at), "expires_in": 21_600}


def message(channel: str, number: int) -> dict[str, Any]:
    return {"channel": channel, "data": {"event": "update", "data": number}}


class Scripted:
    """A transport whose polls are answered from a script; each step is a list of messages, an exception or a function.

    - ``sent``: the channels of all messages. ``calls``: the paths of API requests.
    - ``refuse``: errors by the channels of subscriptions; that of ``""`` is for polls.
    """

    def __init__(self, *steps: Any) -> None:
        self.steps: Iterator[Any] = iter(steps)
        self.sent: list[str] = []
        self.calls: list[str] = []
        self.refuse: dict[str, str] = {}
        self.api: dict[str, Response] = {}

    async def perform(self, request: Request, timeout: float | None) -> Response:
        if request.path != "/faye":
            self.calls.append(request.path)
            return self.api.get(request.path) or Response(200, {}, json.dumps({"push": push(request.path)}))
        messages = json.loads(form_decode(str(request.body).partition("=")[2]) or "")
        self.sent += [each["channel"] for each in messages]
        replies = [self.reply(each) for each in messages]
        if messages[0]["channel"] == "/meta/connect" and "advice" not in messages[0]:
            step = next(self.steps, TimedOut("late"))
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step = step()
            replies += step
        return Response(200, {}, json.dumps(replies))

    def reply(self, sent: dict[str, Any]) -> dict[str, Any]:
        error = None if sent["channel"] == "/meta/handshake" else self.refuse.get(sent.get("subscription", ""))
        return {"id": sent["id"], "channel": sent["channel"], "clientId": "a1", "successful": not error, "error": error}

    async def close(self) -> None:
        """Do nothing."""


def client(transport: Scripted) -> Any:
    podio = SyncPodio("client", "my-app", transport=transport, retry=None)
    podio.set_access_token({"access_token": "test", "expires_in": 36_000})
    return podio


def test_events_come_until_the_time_is_over() -> None:
    transport = Scripted([message(ITEM, 1), message(ITEM, 2)], [message(ME, 3)])
    events = SyncLive(client(transport)).events(push(ITEM), push(ME), push(ITEM), seconds=2)
    assert [(event.channel, event.data) for event in events if event.name == "update"] == [
        (ITEM, 1),
        (ITEM, 2),
        (ME, 3),
    ]
    assert transport.sent[:4] == ["/meta/handshake", "/meta/subscribe", "/meta/subscribe", "/meta/connect"]
    assert (transport.sent[-1], transport.calls) == ("/meta/disconnect", [])


def test_podio_has_agreed_before_the_first_event_is_asked_for() -> None:
    transport = Scripted([message(ITEM, 1)])
    events = SyncLive(client(transport)).events(push(ITEM), seconds=60)
    assert transport.sent == ["/meta/handshake", "/meta/subscribe"]
    assert next(events).data == 1
    events.close()  # type: ignore[attr-defined]
    assert transport.sent[-1] == "/meta/disconnect"


def test_a_lost_poll_is_a_gap() -> None:
    transport = Scripted([message(ITEM, 1)], ConnectionFailed("lost"), [message(ITEM, 2)])
    events = SyncLive(client(transport)).events(push(ITEM), seconds=60)
    assert [next(events).name for _ in range(3)] == ["update", "gap", "update"]


def test_a_refusal_is_raised_at_once() -> None:
    transport = Scripted()
    transport.refuse = {ITEM: "Incorrect signature."}
    with pytest.raises(PushRefused, match="Incorrect signature"):
        SyncLive(client(transport)).events(push(ME), push(ITEM), seconds=60)
    assert transport.sent[-1] == "/meta/disconnect"


def test_an_old_signature_is_renewed() -> None:
    transport = Scripted([message(ITEM, 1)])
    events = SyncLive(client(transport)).events(push(ITEM, 1.0), seconds=60)
    assert (next(events).data, transport.calls) == (1, [ITEM])


def test_a_carrier_that_is_gone_ends_its_channel_and_the_last_one_everything() -> None:
    transport = Scripted()

    def forget() -> list[Any]:
        transport.refuse = {ITEM: "Signature has expired.", ME: "Signature has expired.", "": "401:a1:Unknown client"}
        transport.api = dict.fromkeys((ITEM, "/user/status"), Response(404, {}, "{}"))
        raise ConnectionFailed("lost")

    transport.steps = iter([[message(ITEM, 1)], forget])
    events = SyncLive(client(transport)).events(push(ITEM), push(ME), seconds=60)
    assert [next(events).name, next(events).name] == ["update", "ended"]
    with pytest.raises(NotFoundError):
        next(events)


def test_signing_out_ends_the_iterator_and_drops_what_was_not_read() -> None:
    transport = Scripted()
    podio = client(transport)

    def sign_out() -> list[Any]:
        podio.logout()
        return [message(ITEM, 1)]

    transport.steps = iter([sign_out])
    assert list(SyncLive(podio).events(push(ITEM), seconds=60)) == []
    assert transport.sent[-1] == "/meta/disconnect"


def test_no_agreement_in_time_is_an_error() -> None:
    class Away(Scripted):
        async def perform(self, request: Request, timeout: float | None) -> Response:
            raise ConnectionFailed("refused")

    with pytest.raises(TimedOut, match="did not accept"):
        SyncLive(client(Away())).events(push(ITEM), seconds=0.3)


def test_misuse_says_what_to_do() -> None:
    live = SyncLive(client(Scripted()))
    with pytest.raises(ValueError, match="at least one object with push"):
        live.events()
    with pytest.raises(ValueError, match="timeout must be"):
        live.events(push(ITEM), seconds=-1)
    with pytest.raises(ValueError, match="push_url"):
        SyncLive(client(Scripted()), "ftp://push.podio.com/faye")


def test_other_threads_use_the_client_while_a_poll_waits() -> None:
    transport = Scripted()
    podio = client(transport)
    got: list[Any] = []

    def meanwhile() -> list[Any]:
        got.append(in_thread(lambda: podio.get("/item/1")))
        return [message(ITEM, 1)]

    transport.steps = iter([meanwhile])
    assert next(iter(SyncLive(podio).events(push(ITEM), seconds=60))).data == 1
    assert "push" in got[0]


def in_thread(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(timeout=10)


async def running(driven: Podio[Any]) -> list[Any]:
    return driven.context.running


def test_closing_the_client_ends_the_iterator_and_drops_what_was_not_read() -> None:
    transport = Scripted([message(ITEM, 1), message(ITEM, 2)])
    podio = client(transport)
    events = SyncLive(podio).events(push(ITEM), seconds=60)
    assert next(events).data == 1
    in_thread(podio.close)
    sent = len(transport.sent)
    assert list(events) == []
    assert len(transport.sent) == sent
    assert podio.run(running) == []
    with pytest.raises(RuntimeError, match="client is closed"):
        SyncLive(podio).events(push(ITEM), seconds=60)


@pytest.mark.parametrize(
    ("ending", "error"), [("logged_out", LoginRequired), ("account_changed", AccountChanged), ("close", RuntimeError)]
)
def test_a_session_that_ends_before_podio_agrees_is_an_error(ending: str, error: type[Exception]) -> None:
    class Away(Scripted):
        async def perform(self, request: Request, timeout: float | None) -> Response:
            in_thread(end)
            raise ConnectionFailed("lost")

    def end() -> None:
        if ending == "close":
            podio.close()
        else:
            podio.run(emit)

    async def emit(driven: Podio[Any]) -> None:
        driven.context.events.emit(ending, None)

    podio = client(Away())
    with pytest.raises(error):
        SyncLive(podio).events(push(ITEM), seconds=60)
