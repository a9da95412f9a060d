"""Reading responses: every status has its error, and no body hides it."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podio_web import errors
from podio_web.errors import APIError, AuthorizationError, PodioError, RateLimitError
from podio_web.http import Response, authorized, build_request, read_response, too_large
from podio_web.http.response import error_of, rate_limit, says_expired
from tests.unit.answers import CANARY, json_values

CALL = authorized(build_request("https://api.podio.com", "GET", "/item/4", params={"q": "private"}), CANARY)
HTML = "<!doctype html><title>502</title>"

KINDS = {
    400: errors.BadRequestError,
    401: errors.AuthorizationError,
    402: errors.APIError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    410: errors.GoneError,
    418: errors.APIError,
    420: errors.RateLimitError,
    429: errors.RateLimitError,
    500: errors.ServerError,
    501: errors.ServerError,
    502: errors.UnavailableError,
    503: errors.UnavailableError,
    504: errors.UnavailableError,
    599: errors.ServerError,
}


def answer(status: int = 200, body: Any = None, headers: dict[str, str] | None = None) -> Response:
    text = body if isinstance(body, str) else json.dumps(body)
    return Response(status, headers or {}, text)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
@pytest.mark.parametrize("text", ["", " ", "\r\n\t"])
def test_an_empty_answer_is_none(status: int, text: str) -> None:
    assert read_response(CALL, Response(status, {}, text)) is None


@pytest.mark.parametrize("data", [{}, [], {"item_id": 4}, [1, 2], "text", 5, True, None, {"error": "a field's name"}])
def test_a_good_answer_is_its_data(data: object) -> None:
    assert read_response(CALL, answer(200, json.dumps(data))) == data


# --- Secrets that an answer repeats ---

ODD_TOKEN = 'can/ary"01+23=%41&\\x'
FORMS = [
    "{0}",
    "You sent 'Authorization: OAuth2 {0}'",
    "{0}{0}",
    "https://api.podio.com/item/4?oauth_token={1}&x=1",
]


def forms(token: str) -> list[str]:
    """Return a token as it is, and percent-encoded by others than ourselves."""
    return [token, quote(token, safe="")]


@pytest.mark.parametrize("token", [CANARY, ODD_TOKEN, "c4n4"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 420, 500, 502, 503])
def test_a_token_that_an_answer_repeats_is_in_no_error(token: str, form: str, status: int) -> None:
    call = authorized(build_request("https://api.podio.com", "GET", "/item/4"), token)
    text = form.format(*forms(token))
    nested = {"headers": [{"Authorization": text}, [text, 5, None]], text: {"deep": {"deeper": text}}}
    body = {"error": text, "error_description": text, "error_detail": text, "error_parameters": nested}
    problem = error_of(call, answer(status, body))
    told = "".join([str(problem), repr(problem), *(repr(value) for value in vars(problem).values())])
    # As Python writes them a backslash is two.
    assert not [each for each in forms(token) if each in told or each in told.replace("\\\\", "\\")]
    assert problem.error_description == form.format(*["[removed]"] * 2)
    assert problem.error_parameters["headers"][1][1:] == [5, None]
    assert json.dumps(problem.error_parameters)


def test_codes_that_decide_are_left_alone() -> None:
    call = authorized(build_request("https://api.podio.com", "GET", "/item/4"), "token")
    problem = error_of(call, answer(401, {"error": "unauthorized", "error_description": "expired_token"}))
    assert isinstance(problem, AuthorizationError)
    assert says_expired(problem)
    assert error_of(call, answer(401, {"error": "invalid_token"})).error == "invalid_token"


def test_a_path_that_holds_the_token_is_not_repeated() -> None:
    call = authorized(build_request("https://api.podio.com", "GET", f"/oauth/grant/{CANARY}"), CANARY)
    problem = error_of(call, answer(404, {}))
    assert problem.path == "/oauth/grant/[removed]"
    assert CANARY not in str(problem)


def test_parameters_that_are_nested_too_deep_are_left_out() -> None:
    text = '{"error": "e", "error_parameters": {"a": ' + "[" * 900 + "]" * 900 + "}}"
    assert error_of(CALL, Response(400, {}, text)).error_parameters == {}


@pytest.mark.parametrize("text", [HTML, "{", '{"a": 1} x', "[" * 100_000, "\x00", "9" * 5000])
def test_a_good_answer_that_is_not_json_says_so(text: str) -> None:
    with pytest.raises(PodioError, match=r"^The response to GET /item/4 is not JSON\. Check that api_url") as raised:
        read_response(CALL, answer(200, text))
    problem = raised.value
    assert type(problem) is PodioError
    assert (problem.status, problem.method, problem.path) == (200, "GET", "/item/4")
    assert problem.__suppress_context__


@pytest.mark.parametrize(
    ("kind", "size", "words"),
    [
        ("application/pdf", 2_000_000, "is not JSON, but application/pdf of about 2 MB. Use Files(podio)"),
        ("Image/PNG; q=1", 1, "is not JSON, but image/png of about 1 kB. Use Files(podio)"),
        ("application/octet-stream", 999_001, "is not JSON, but application/octet-stream of about 1 MB. Use Files("),
        ("text/plain; charset=utf-8", 998_001, "is not JSON, but text/plain of about 999 kB. Use Files(podio)"),
        ("text/html; charset=utf-8", 10, "is not JSON. Check that api_url is the API's URL."),
        ("application/json", 10, "is not JSON. Check that api_url is the API's URL."),
        ("", 10, "is not JSON. Check that api_url is the API's URL."),
    ],
)
def test_a_file_says_what_it_is_and_how_to_get_it(kind: str, size: int, words: str) -> None:
    # A transport decodes bytes that are no UTF-8 in this way.
    text = "%PDF" + "\ufffd" * (size - 4) if size > 4 else "\ufffd"
    with pytest.raises(PodioError) as raised:
        read_response(CALL, answer(200, text, {"content-type": kind}))
    assert words in str(raised.value)
    assert raised.value.status == 200


def test_a_response_that_is_too_large_says_so() -> None:
    assert "Ask for fewer items" in too_large(CALL)
    assert "Ask for fewer items" in too_large(CALL, {"content-type": "application/json"})
    assert "It is video/mp4. Use Files(podio)" in too_large(CALL, {"content-type": "video/mp4"})


@pytest.mark.parametrize(("status", "kind"), KINDS.items())
@pytest.mark.parametrize("body", [{"error": "some_code"}, HTML, ""])
def test_every_status_has_its_error(status: int, kind: type[APIError], body: object) -> None:
    with pytest.raises(APIError) as raised:
        read_response(CALL, answer(status, body))
    assert type(raised.value) is kind
    assert (raised.value.status, raised.value.method, raised.value.path) == (status, "GET", "/item/4")


@pytest.mark.parametrize("status", [100, 199, 300, 302, 304])
def test_what_is_no_success_is_an_error(status: int) -> None:
    with pytest.raises(APIError) as raised:
        read_response(CALL, answer(status, {"data": "not to be trusted"}))
    assert type(raised.value) is APIError


def test_an_error_carries_what_podio_said() -> None:
    problem = error_of(
        CALL,
        answer(
            403,
            {
                "error": "forbidden",
                "error_description": "You have no access",
                "error_detail": "alert.no_access",
                "error_parameters": {"space_id": 7},
                "error_propagate": True,
                "request": {"url": "http://api.podio.com/item/4", "query_string": "", "method": "GET"},
            },
        ),
    )
    assert (problem.error, problem.error_description) == ("forbidden", "You have no access")
    assert (problem.error_detail, problem.error_parameters) == ("alert.no_access", {"space_id": 7})
    assert str(problem) == "403 for GET /item/4: You have no access"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "gone"}, "gone"),
        ({"error": "gone", "error_description": ""}, "gone"),
        ({"error": "gone", "error_description": None}, "gone"),
        ({"error": 5, "error_description": ["x"], "error_detail": {}, "error_parameters": [1]}, "no explanation"),
        ({}, "no explanation"),
        ([], "no explanation"),
        (HTML, "no explanation"),
        ("[" * 100_000, "no explanation"),
    ],
)
def test_fields_that_are_not_what_they_should_be_are_left_out(body: object, said: str) -> None:
    problem = error_of(CALL, answer(410, body))
    assert str(problem) == f"410 for GET /item/4: {said}"
    assert problem.error in ("gone", None)
    assert problem.error_detail is None
    assert problem.error_parameters == {}


def test_an_answer_that_does_not_fit_into_memory_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(text: str, **options: object) -> object:
        raise MemoryError

    monkeypatch.setattr(json, "loads", give_up)
    with pytest.raises(
        PodioError, match=r"too large for the memory .* Ask for fewer items \(limit and offset\)"
    ) as raised:
        read_response(CALL, Response(200, {}, "[1]"))
    assert (raised.value.method, raised.value.path) == ("GET", "/item/4")
    assert error_of(CALL, Response(500, {}, "[1]")).error is None


def test_json_that_is_nested_too_deep_for_the_interpreter_is_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(text: str, **options: object) -> object:
        raise RuntimeError("maximum recursion depth exceeded")  # MicroPython's way

    monkeypatch.setattr(json, "loads", give_up)
    with pytest.raises(PodioError, match="is not JSON"):
        read_response(CALL, Response(200, {}, "[[[["))
    assert error_of(CALL, Response(500, {}, "[[[[")).error is None


@given(
    status=st.integers(0, 999),
    text=st.text()
    | json_values.map(json.dumps)
    | st.dictionaries(
        st.sampled_from(["error", "error_description", "error_detail", "error_parameters"]), json_values
    ).map(json.dumps),
    headers=st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text(max_size=12)),
)
@example(status=420, text=json.dumps({"error_description": "seconds"}), headers={})
@example(status=420, text=json.dumps({"error_description": "9" * 5000 + " seconds"}), headers={"retry-after": "²"})
def test_any_answer_is_data_or_a_podio_error(status: int, text: str, headers: dict[str, str]) -> None:
    problem = None
    try:
        read_response(CALL, Response(status, headers, text))
    except PodioError as raised:
        problem = raised
    if problem is None:
        assert 200 <= status < 300
        return
    assert (problem.status, problem.path) == (status, "/item/4")
    assert CANARY not in f"{problem} {problem!r} {vars(problem)}"
    assert isinstance(problem, APIError) == (not 200 <= status < 300)
    assert isinstance(problem.error, (str, type(None)))
    assert isinstance(problem.error_parameters, dict)
    if isinstance(problem, RateLimitError):
        assert problem.retry_after is None or 0 <= problem.retry_after <= 86_400


def test_an_answer_shows_no_data() -> None:
    assert repr(answer(200, CANARY)) == f"<Response 200, {len(CANARY)} characters>"


# --- Expired or not ---


@pytest.mark.parametrize(
    ("error", "description", "expired"),
    [
        ("unauthorized", "expired_token", True),
        ("expired_token", None, True),
        ("invalid_token", "anything", True),
        ("unauthorized", "invalid_request", False),
        ("unauthorized", None, False),
        (None, None, False),
        ("unauthorized", "not expired_token at all", False),
    ],
)
def test_whether_a_new_token_may_help(error: str | None, description: str | None, expired: bool) -> None:
    problem = error_of(CALL, answer(401, {"error": error, "error_description": description}))
    assert isinstance(problem, AuthorizationError)
    assert says_expired(problem) is expired


# --- How long to wait: test_retry_after.py has the texts ---

TEXT = "You have hit the rate limit. Please wait 3600 seconds before trying again."


@pytest.mark.parametrize(
    ("status", "headers", "text", "seconds"),
    [
        (420, {}, TEXT, 3600),
        (429, {"retry-after": "30"}, TEXT, 30),
        (503, {"retry-after": "30"}, "", 30),
        (420, {}, "You have hit the rate limit.", None),
        (420, {}, "Error 420", None),
    ],
)
def test_the_wait_comes_from_the_header_or_the_text(
    status: int, headers: dict[str, str], text: str, seconds: int | None
) -> None:
    with pytest.raises(APIError) as raised:
        read_response(CALL, answer(status, {"error": "rate_limit", "error_description": text}, headers))
    assert raised.value.retry_after == seconds


@pytest.mark.parametrize("body", [HTML, "[]", '{"error_description": 5}', '{"error_description": ["5 seconds"]}'])
def test_a_body_without_text_says_nothing_about_the_wait(body: str) -> None:
    assert error_of(CALL, answer(429, body)).retry_after is None


def test_a_token_of_digits_does_not_hide_the_wait() -> None:
    call = authorized(build_request("https://api.podio.com", "GET", "/item/4"), "3600")
    problem = error_of(call, answer(420, {"error_description": TEXT}))
    assert problem.retry_after == 3600
    assert "3600" not in str(problem)


@pytest.mark.parametrize("status", [500, 400, 404])
def test_only_an_answer_that_asks_to_wait_has_a_number_of_seconds(status: int) -> None:
    text = '{"error_description": "Must be 30 seconds or more"}'
    assert error_of(CALL, Response(status, {"retry-after": "5"}, text)).retry_after is None
    assert error_of(CALL, Response(503, {"retry-after": "5"}, text)).retry_after == 5


def test_the_figures_of_the_rate_limit_are_read_where_both_are_numbers() -> None:
    headers = {"x-rate-limit-limit": " 1000", "x-rate-limit-remaining": "0"}
    found = rate_limit(Response(420, headers, ""))
    assert found is not None
    assert (found.limit, found.remaining) == (1000, 0)
    assert repr(found) == "<RateLimit 0 of 1000>"
    for rubbish in ("", "-1", "1.5", "many", "1" * 10, "١٢"):
        for name in headers:
            assert rate_limit(Response(200, {**headers, name: rubbish}, "")) is None
    assert rate_limit(Response(200, {}, "")) is None
