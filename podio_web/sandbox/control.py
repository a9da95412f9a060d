"""The control interface under ``/sandbox``, which tests use over HTTP. It is off by default."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlsplit

from .clock import MAX_SHIFT
from .deliveries import Delivery
from .edits import Edit
from .faults import Fault
from .hooks import ordered
from .posting import USER_AGENT
from .push import ACTIONS
from .refusals import Refusal, forbidden
from .routing import Call, Operations
from .scopes import granted
from .tokens import end_permits, issue
from .validation import as_choice, as_integer, as_number, as_object, as_string, invalid

table: Operations = Operations()


def check_origin(origin: str | None) -> None:
    """Check that the page that sends a request is served by this machine.

    Args:
        origin: The ``Origin`` header, or None.

    Raises:
        Refusal: 403 if the origin is another host.
    """
    if origin is None:
        return
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        host = ""
    if host not in ("localhost", "127.0.0.1", "::1") and not host.endswith(".localhost"):
        raise forbidden("Only pages that are served by this machine may use the control interface")


def check_user_agent(user_agent: str | None) -> None:
    """Check that a request is not a delivery of a webhook: a page could create a hook with the address of a control.

    Args:
        user_agent: The ``User-Agent`` header, or None.

    Raises:
        Refusal: 403 if it is one.
    """
    if user_agent == USER_AGENT:
        raise forbidden("Webhooks may not use the control interface")


def _object(call: Call, *known: str) -> dict[str, Any]:
    body = as_object(call.body)
    for key in body:
        if key not in known:
            raise invalid(key, "unknown key")
    return body


@table.add("GET", "/sandbox/settings", is_open=True)
def get_settings(call: Call) -> dict[str, Any]:
    """Return all settings."""
    return call.world.settings.to_dict()


@table.add("PUT", "/sandbox/settings", body="required", is_open=True)
def put_settings(call: Call) -> dict[str, Any]:
    """Change settings and return all of them."""
    changes = as_object(call.body)
    settings = call.world.settings.changed(changes)
    if changes.get("sign_in_as") is not None:
        _user_id(call, changes["sign_in_as"])
    call.world.settings = settings
    return settings.to_dict()


def _user_id(call: Call, mail: object) -> int:
    row = call.world.store.one("SELECT user_id FROM person WHERE mail = ?", as_string(mail, 200).lower())
    if row is None:
        raise invalid(mail, "No user found")
    return int(row["user_id"])


@table.add("POST", "/sandbox/tokens", body="required", is_open=True)
def issue_token(call: Call) -> dict[str, Any]:
    """Issue a token to a client, as if the user had signed in."""
    body = _object(call, "client_id", "username", "expires_in", "scope")
    client_id = as_string(body.get("client_id", "demo-client"), 200)
    if call.world.store.one("SELECT 1 FROM client WHERE client_id = ?", client_id) is None:
        raise invalid(client_id, "No client found")
    expires_in = body.get("expires_in")
    seconds = None if expires_in is None else as_integer(expires_in, 1, 10**9)
    user_id = _user_id(call, body.get("username", "demo@example.com"))
    scope = granted(as_string(body.get("scope", ""), 1000))
    return issue(call.world, client_id, "user", user_id, scope, seconds)


def _whose(call: Call) -> tuple[str, tuple[Any, ...]]:
    body = _object(call, "username")
    if body.get("username") is None:
        return "1", ()
    return "ref_type = 'user' AND ref_id = ?", (_user_id(call, body["username"]),)


@table.add("POST", "/sandbox/tokens/expire", body="optional", is_open=True)
def expire_tokens(call: Call) -> dict[str, int]:
    """Expire the access tokens of all users or of one. Refresh tokens stay valid."""
    condition, values = _whose(call)
    now = call.world.clock.now()
    # The condition is one of the two texts above.
    chosen = f"(SELECT permit_id FROM permit WHERE {condition})"  # noqa: S608
    sql = f"UPDATE access_token SET expires_at = ? WHERE expires_at > ? AND permit_id IN {chosen}"  # noqa: S608
    return {"count": call.world.store.run(sql, now, now, *values).rowcount}


@table.add("POST", "/sandbox/tokens/revoke", body="optional", is_open=True)
def revoke_tokens(call: Call) -> dict[str, int]:
    """Revoke the access and refresh tokens of all users or of one."""
    condition, values = _whose(call)
    return {"count": end_permits(call.world, condition, *values)}


@table.add("POST", "/sandbox/clock", body="required", is_open=True)
def advance_clock(call: Call) -> dict[str, float]:
    """Move the clock and return the new time in seconds since 1970."""
    seconds = as_number(_object(call, "advance").get("advance"))
    if not math.isfinite(seconds) or abs(seconds) > MAX_SHIFT:
        raise Refusal(400, "invalid_value", "The clock cannot be moved that far")
    return {"now": call.world.clock.advance(seconds)}


@table.add("POST", "/sandbox/faults", body="required", is_open=True)
def add_fault(call: Call) -> dict[str, Any]:
    """Add a fault for the next matching calls."""
    fault = Fault.from_dict(as_object(call.body))
    call.world.faults.add(fault)
    return fault.to_dict()


@table.add("DELETE", "/sandbox/faults", is_open=True)
def clear_faults(call: Call) -> dict[str, Any]:
    """Cancel the faults that have not happened yet."""
    call.world.faults.clear()
    return {}


@table.add("GET", "/sandbox/push", is_open=True)
def get_push(call: Call) -> dict[str, Any]:
    """Return the clients of the push service, and what they have sent."""
    return call.world.push.state()


@table.add("POST", "/sandbox/push", body="required", is_open=True)
def disturb_push(call: Call) -> dict[str, Any]:
    """Disturb the push service, and return what ``GET /sandbox/push`` returns."""
    body = _object(call, "action", "count")
    action = as_choice(body.get("action"), ACTIONS)
    call.world.push.act(action, as_integer(body.get("count", 1), 1, 10**6))
    return call.world.push.state()


@table.add("GET", "/sandbox/calls", is_open=True)
def list_calls(call: Call) -> list[dict[str, Any]]:
    """List the received calls."""
    return [entry.to_dict() for entry in call.world.journal.entries]


@table.add("DELETE", "/sandbox/calls", is_open=True)
def clear_calls(call: Call) -> dict[str, Any]:
    """Clear the list of received calls."""
    call.world.journal.clear()
    return {}


@table.add("GET", "/sandbox/uploads", is_open=True)
def list_uploads(call: Call) -> list[dict[str, Any]]:
    """List what arrived with the latest uploads."""
    return [arrival.to_dict() for arrival in call.world.arrivals.entries]


@table.add("DELETE", "/sandbox/uploads", is_open=True)
def clear_uploads(call: Call) -> dict[str, Any]:
    """Clear the list of uploads."""
    call.world.arrivals.clear()
    return {}


async def _settled(call: Call) -> None:
    await call.world.deliveries.settle(call.integer("wait", 0, 0, 600))


@table.add("GET", "/sandbox/deliveries", is_open=True, prepare=_settled)
def list_deliveries(call: Call) -> list[dict[str, Any]]:
    """List the latest deliveries of webhooks. With ``wait``, wait for so many seconds until all are sent."""
    return [delivery.to_dict() for delivery in call.world.deliveries.entries]


@table.add("DELETE", "/sandbox/deliveries", is_open=True)
def clear_deliveries(call: Call) -> dict[str, Any]:
    """Clear the list of deliveries."""
    call.world.deliveries.clear()
    return {}


async def _delivered(call: Call) -> Delivery:
    delivery = ordered(call.world, as_object(call.body))
    await call.world.deliveries.send(delivery)
    return delivery


@table.add("POST", "/sandbox/deliver", body="required", is_open=True, prepare=_delivered)
def deliver(call: Call) -> dict[str, Any]:
    """Deliver to a URL at once, whether there is a hook or not, and return the answer."""
    delivery: Delivery = call.body
    return delivery.to_dict()


@table.add("POST", "/sandbox/edit", body="required", is_open=True)
def edit(call: Call) -> dict[str, Any]:
    """Create, update or delete items as another user, now or before one of the next filter calls."""
    order = dict(as_object(call.body))
    nth = order.pop("before_filter", None)
    user_id = _user_id(call, order.pop("username", "other@example.com"))
    chosen = Edit.from_dict(call.world, user_id, order)
    if nth is None:
        return {"item_ids": chosen.perform(call.world)}
    call.world.waiting.add(chosen.app_id, as_integer(nth, 1, 10**9), lambda: chosen.perform(call.world))
    return {"item_ids": []}


@table.add("POST", "/sandbox/reset", body="optional", is_open=True)
def reset(call: Call) -> dict[str, Any]:
    """Reset everything to its initial state."""
    call.world.reset()
    return {}
