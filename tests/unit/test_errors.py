"""The errors: one tree, drawn as it is, with stable codes."""

import pickle

import pytest

import podio_web
from podio_web import errors
from podio_web.errors import APIError, PodioError, RateLimitError, SignInError, TokenRefused

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PodioError)]
CODES = {
    "AccessDenied": "access_denied",
    "AccountChanged": "account_changed",
    "CallbackMissing": "callback_missing",
    "LoginRequired": "login_required",
    "MalformedResponse": "malformed_response",
    "PopupBlocked": "popup_blocked",
    "PopupCancelled": "popup_cancelled",
    "PopupClosed": "popup_closed",
    "PopupTimeout": "popup_timeout",
    "StateMismatch": "state_mismatch",
    "UnsolicitedResponse": "unsolicited",
    "GrantRefused": "grant_refused",
    "SecondFactorRequired": "second_factor_required",
    "TokenRefused": "token_refused",
    "UnknownClient": "unknown_client",
    "UnknownUser": "unknown_user",
    "WrongClientSecret": "wrong_client_secret",
    "WrongPassword": "wrong_password",
}


def drawn_tree() -> tuple[dict[str, str], dict[str, str]]:
    """Read the drawing in the module's docstring: each class's parent, and what is written beside it."""
    assert errors.__doc__ is not None
    parents: dict[str, str] = {}
    notes: dict[str, str] = {}
    above: list[str] = []
    for line in errors.__doc__.splitlines():
        bare = line.lstrip("│├└─ ")
        name, _, note = bare.partition(" ")
        if not (line.startswith("    ") and name.isidentifier()):
            continue
        depth = (len(line) - len(bare) - 4) // 4
        if depth:
            parents[name] = above[depth - 1]
        above[depth:] = [name]
        notes[name] = note.strip()
    return parents, notes


def test_the_tree_is_drawn_as_it_is() -> None:
    parents, _ = drawn_tree()
    assert parents == {
        kind.__name__: kind.__base__.__name__ for kind in CLASSES if kind is not PodioError and kind.__base__
    }


def test_the_codes_are_drawn_as_they_are() -> None:
    _, notes = drawn_tree()
    kinds = [*SignInError.__subclasses__(), *TokenRefused.__subclasses__()]
    drawn = {kind.__name__: notes[kind.__name__].partition(":")[0] for kind in kinds}
    assert drawn == {kind.__name__: kind.code for kind in kinds} == CODES


def test_the_statuses_are_drawn_as_they_are() -> None:
    _, notes = drawn_tree()
    statuses = {name: note.partition(":")[0] for name, note in notes.items() if note[:3].isdigit()}
    assert statuses == {
        "AuthorizationError": "401",
        "BadRequestError": "400",
        "ConflictError": "409",
        "ForbiddenError": "403",
        "GoneError": "410",
        "NotFoundError": "404",
        "RateLimitError": "420, 429",
        "ServerError": "500",
        "UnavailableError": "502, 503, 504",
    }
    assert set(statuses) == {kind.__name__ for kind in APIError.__subclasses__()}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_exported(kind: type[PodioError]) -> None:
    assert getattr(podio_web, kind.__name__) is kind
    assert kind.__doc__


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_carries_podio_s_fields(kind: type[PodioError]) -> None:
    problem = kind(
        "What to do next.",
        status=400,
        error="invalid_value",
        error_description="Invalid value",
        error_detail="some.detail",
        error_parameters={"field": 1},
        method="PUT",
        path="/item/4",
    )
    assert str(problem) == problem.message == "What to do next."
    assert problem.args == ("What to do next.",)
    assert (problem.status, problem.method, problem.path) == (400, "PUT", "/item/4")
    assert (problem.error, problem.error_description, problem.error_detail) == (
        "invalid_value",
        "Invalid value",
        "some.detail",
    )
    assert problem.error_parameters == {"field": 1}


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_not_known_is_none(kind: type[PodioError]) -> None:
    problem = kind("Why.")
    fields = ("status", "error", "error_description", "error_detail", "method", "path")
    assert [getattr(problem, name) for name in fields] == [None] * 6
    assert problem.error_parameters == {}
    assert problem.error_parameters is not kind("Why.").error_parameters


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_survives_a_process_pool(kind: type[PodioError]) -> None:
    problem = pickle.loads(pickle.dumps(kind("Why.", status=404)))
    assert (type(problem), str(problem), problem.status) == (kind, "Why.", 404)


def test_a_rate_limit_says_how_long_to_wait() -> None:
    assert RateLimitError("Wait.", retry_after=30, status=420).retry_after == 30
    assert RateLimitError("Wait.").retry_after is None


def test_a_sign_in_error_of_no_special_kind_has_a_code_too() -> None:
    assert SignInError("Why.").code == "sign_in_failed"
    assert SignInError.code not in CODES.values()
    assert len(set(CODES.values())) == len(CODES)
