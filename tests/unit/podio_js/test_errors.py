"""Errors of calls: podio-js's _handleTransportError."""

from typing import Any

import pytest

import podio_web
from podio_web import (
    APIError,
    AuthorizationError,
    BadRequestError,
    ConflictError,
    ConnectionFailed,
    ForbiddenError,
    NotFoundError,
    PodioError,
    RateLimitError,
)
from podio_web.errors import GoneError, ServerError, UnavailableError
from podio_web.testing import FakeTransport
from tests.unit.podio_js.support import Clients

KINDS: list[tuple[int, type[APIError]]] = [
    (400, BadRequestError),
    (401, AuthorizationError),
    (403, ForbiddenError),
    (404, NotFoundError),
    (409, ConflictError),
    (410, GoneError),
    (420, RateLimitError),
    (429, RateLimitError),
    (500, ServerError),
    (501, ServerError),
    (502, UnavailableError),
    (503, UnavailableError),
    (504, UnavailableError),
    (402, APIError),
    (418, APIError),
    (304, APIError),
]

BODY = {
    "error": "the_error",
    "error_description": "What went wrong",
    "error_detail": "fine.code",
    "error_parameters": {"field": "title"},
    "error_propagate": False,
    "request": {"url": "http://api.podio.com/item/4", "query_string": "", "method": "PUT"},
}


def answered(clients: Clients, **answer: Any) -> PodioError:
    """Return the error that an answer to PUT /item/4 becomes."""
    transport = FakeTransport()
    transport.answer("PUT", "/item/4", **answer)
    client = clients.open_on(transport)
    with pytest.raises(PodioError) as refused:
        client.put("/item/4?hook=0", {"fields": {"title": "canary"}})
    return refused.value


@pytest.mark.parametrize(("status", "kind"), KINDS)
def test_each_status_has_its_error(clients: Clients, status: int, kind: type[APIError]) -> None:
    """_handleTransportError: one class per status. Wrong there: the message is the parsed body, not a text."""
    problem = answered(clients, data=BODY, status=status)
    assert type(problem) is kind
    assert (problem.status, problem.method, problem.path) == (status, "PUT", "/item/4")
    assert (problem.error, problem.error_description) == ("the_error", "What went wrong")
    assert (problem.error_detail, problem.error_parameters) == ("fine.code", {"field": "title"})
    assert str(problem) == f"{status} for PUT /item/4: What went wrong"


@pytest.mark.parametrize("text", ["", "<html><h1>Bad gateway</h1></html>", "[1]", '"text"', "{}", '{"error": {}}'])
@pytest.mark.parametrize(("status", "kind"), KINDS)
def test_a_body_that_says_nothing_leaves_the_status(
    clients: Clients, status: int, kind: type[APIError], text: str
) -> None:
    """_handleTransportError. Wrong there: without a body of JSON the error has neither class nor status."""
    problem = answered(clients, text=text, status=status)
    assert type(problem) is kind
    assert problem.status == status
    assert (problem.error, problem.error_description, problem.error_parameters) == (None, None, {})
    assert str(problem) == f"{status} for PUT /item/4: no explanation"


def test_no_answer_is_told_apart_from_a_bad_one(clients: Clients) -> None:
    """_handleTransportError without a response. Wrong there: PodioError with a null message and a null status."""
    transport = FakeTransport()
    transport.fail("GET", "/item/4", ConnectionFailed("No answer.", method="GET", path="/item/4"))
    with pytest.raises(ConnectionFailed) as failed:
        clients.open_on(transport).get("/item/4", retry=None)
    assert not isinstance(failed.value, APIError)
    assert (failed.value.status, failed.value.method, failed.value.path) == (None, "GET", "/item/4")


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ({"data": {"error_description": "You have hit the rate limit. Please wait 3600 seconds."}}, 3600),
        ({"headers": {"Retry-After": "60"}}, 60),
        ({}, None),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(clients: Clients, answer: dict[str, Any], seconds: int | None) -> None:
    """PodioRateLimitError. Wrong there: headers cannot be reached, and a script does not learn how long to wait."""
    problem = answered(clients, status=420, **answer)
    assert isinstance(problem, RateLimitError)
    assert problem.retry_after == seconds


@pytest.mark.parametrize("status", [status for status, _ in KINDS if status != 401])
def test_no_error_but_a_dead_session_ends_it(clients: Clients, status: int) -> None:
    """_handleTransportError clears the authentication at 401 and at no other status."""
    transport = FakeTransport()
    transport.answer("GET", "/item/4", status=status)
    client = clients.open_on(transport)
    with pytest.raises(APIError):
        client.get("/item/4", retry=None)
    assert client.is_authenticated()
    assert client.token.access_token == "access-0"


@pytest.mark.parametrize("status", [status for status, _ in KINDS])
def test_an_error_repeats_neither_token_nor_data(clients: Clients, status: int) -> None:
    """_handleTransportError: message, status, url, and nothing of what was sent."""
    problem = answered(clients, data=BODY, status=status)
    held = f"{problem} {problem!r} {vars(problem)} {problem.__cause__} {problem.__context__!r}"
    assert "access-0" not in held
    assert "refresh-0" not in held
    assert "canary" not in held


def test_errors_are_one_tree_that_the_package_shows() -> None:
    """PodioErrors: every error is exported; here each one is also a PodioError."""
    shown = {name for name in podio_web.__all__ if name.endswith("Error")}
    for _, kind in KINDS:
        assert kind.__name__ in shown
        assert issubclass(kind, PodioError)
