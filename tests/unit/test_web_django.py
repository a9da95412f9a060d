"""Signing in to a Django project: its real handlers, under WSGI and under ASGI, and its own test clients."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any, get_type_hints

import django
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.http import HttpResponse, StreamingHttpResponse
from django.template import engines
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import path
from django.views import View

from podio_web import Podio, StoreUnavailable, SyncPodio
from podio_web.testing import FakeTransport
from podio_web.testing.web_client import session_cookie, sign_in_client
from podio_web.web.django import LoginRequiredMixin, aget_podio, get_podio, get_sign_in, login_required, podio
from podio_web.web.django_settings import DjangoSignIn
from podio_web.web.messages import LONGEST_FORM
from tests.unit.test_web_signed_out import PAGE, SCRIPT, TO_ITEM
from tests.unit.web_support import CODE, LOGIN, LOGOUT, ORIGIN, SECRET_KEY, People, answer_tokens, at, state_in

people = People()
seen: list[Any] = []
PODIO = {
    "CLIENT_ID": "demo-client",
    "CLIENT_SECRET": "canary-client-secret",
    "REDIRECT_URI": f"{ORIGIN}/podio/callback",
    "STORE": people,
}
if not settings.configured:
    settings.configure(
        SECRET_KEY=SECRET_KEY,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[
            "podio_web.web.django.PodioMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"context_processors": ["podio_web.web.django.podio"]},
            }
        ],
        PODIO=PODIO,
    )
    django.setup()


@login_required
def item(request: Any) -> Any:
    return HttpResponse(str(DjangoSignIn.user(request.META | {"podio": request.podio})))


@login_required
async def item_async(request: Any) -> Any:
    return HttpResponse(str(request.apodio.token.ref))


def page(request: Any) -> Any:
    template = "{{ podio_login_url }} {{ podio_logout_url }} {{ podio_error.code }}"
    return HttpResponse(engines["django"].from_string(template).render({}, request))


def me(request: Any) -> Any:
    seen.extend([request.podio, request.apodio])
    return HttpResponse(json.dumps(request.podio.get("/user/status")))


async def me_async(request: Any) -> Any:
    return HttpResponse(json.dumps(await request.apodio.get("/user/status")))


def clients(request: Any) -> Any:
    return HttpResponse(f"{get_podio(request) is request.podio} {aget_podio(request) is request.apodio}")


def stream(request: Any) -> Any:
    return StreamingHttpResponse(json.dumps(request.podio.get("/user/status")) for _ in range(2))


def checked_again(request: Any) -> Any:
    return HttpResponse(headers={"Cache-Control": "no-cache", "Vary": "Cookie"})


def away(request: Any) -> Any:
    raise StoreUnavailable("The session store failed.")


def broken(request: Any) -> Any:
    raise LookupError("a fault of the application")


class Plain(LoginRequiredMixin, View):  # type: ignore[misc]
    def get(self, request: Any) -> Any:
        return HttpResponse("class")


class Asynchronous(LoginRequiredMixin, View):  # type: ignore[misc]
    async def get(self, request: Any) -> Any:
        return HttpResponse("class")


urlpatterns = [
    path("items/4", item),
    path("async/items/4", item_async),
    path("page", page),
    path("me", me),
    path("async/me", me_async),
    path("get_podio", clients),
    path("stream", stream),
    path("checked_again", checked_again),
    path("away", away),
    path("broken", broken),
    path("class", Plain.as_view()),
    path("async/class", Asynchronous.as_view()),
]


class Under:
    """A test client of WSGI or of ASGI, which are asked alike."""

    def __init__(self, kind: type, **defaults: Any) -> None:
        self.client = kind(**defaults)

    def ask(self, path: str, headers: dict[str, str] = PAGE, method: str = "GET", **more: Any) -> Any:
        answer = self.client.generic(method, path, headers=headers, **more)
        return asyncio.run(answer) if isinstance(self.client, AsyncClient) else answer

    def sign_in(self, **chosen: Any) -> None:
        sign_in_client(self.client, **chosen)


@pytest.fixture(params=[Client, AsyncClient])
def visitor(request: pytest.FixtureRequest) -> Under:
    return Under(request.param)


@pytest.fixture
def transport() -> Iterator[FakeTransport]:
    """The answers of Podio, for both kinds of views."""
    get_sign_in.cache_clear()
    people.stores.clear()
    transport = FakeTransport()
    get_sign_in().transport = get_sign_in().async_transport = transport
    yield transport
    get_sign_in.cache_clear()


@pytest.fixture(autouse=True)
def _fresh(transport: FakeTransport) -> None: ...


@pytest.mark.parametrize("prefix", ["", "/async"])
def test_a_page_leads_to_the_sign_in_and_back(visitor: Under, prefix: str) -> None:
    answer = visitor.ask(f"{prefix}/items/4", QUERY_STRING="page=2")
    assert answer.status_code == 303
    assert answer["Location"] == TO_ITEM.replace("%2Fitems", f"{prefix.replace('/', '%2F')}%2Fitems")
    assert visitor.ask(f"{prefix}/class")["Location"].startswith(LOGIN)
    visitor.sign_in(user_id=7)
    assert b"'id': 7" in visitor.ask(f"{prefix}/items/4").content
    assert visitor.ask(f"{prefix}/class").content == b"class"


def test_a_script_gets_401_and_json(visitor: Under) -> None:
    answer = visitor.ask("/items/4", SCRIPT)
    assert answer.status_code == 401
    assert json.loads(answer.content)["error"] == "login_required"


def test_a_person_signs_in_and_out(visitor: Under, transport: FakeTransport) -> None:
    answer_tokens(transport)
    state = state_in(visitor.ask(TO_ITEM.partition("?")[0], QUERY_STRING=TO_ITEM.partition("?")[2])["Location"])
    answer = visitor.ask("/podio/callback", QUERY_STRING=f"code={CODE}&state={state}")
    assert (answer.status_code, answer["Location"]) == (303, "/items/4?page=2")
    cookie = answer.cookies["podio_session"]
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/", "Lax", True)
    assert b"1001" in visitor.ask("/items/4").content
    form = {"data": b"return_to=%2Fpage", "content_type": "application/x-www-form-urlencoded"}
    answer = visitor.ask(LOGOUT, {}, "POST", **form)
    assert (answer.status_code, answer["Location"]) == (303, "/page")
    assert people.signed_in() == []
    assert visitor.ask("/items/4").status_code == 303


def test_a_form_that_is_too_long_is_not_read(visitor: Under) -> None:
    form = {"data": b"return_to=/page&x=" + b"x" * LONGEST_FORM, "content_type": "application/x-www-form-urlencoded"}
    assert visitor.ask(LOGOUT, {}, "POST", **form)["Location"] == "/"


def test_who_said_no_is_not_sent_to_podio_again(visitor: Under) -> None:
    state = state_in(visitor.ask(LOGIN, QUERY_STRING="return_to=/items/4")["Location"])
    query = f"error=access_denied&state={state}"
    assert visitor.ask("/podio/callback", QUERY_STRING=query)["Location"] == "/items/4"
    answer = visitor.ask("/items/4")
    assert answer.status_code == 401
    assert b"Access was not allowed" in answer.content
    assert visitor.ask("/items/4").status_code == 303


def test_who_said_no_is_told_so_by_an_asynchronous_view_and_a_template(visitor: Under) -> None:
    for place in ("/async/items/4", "/page"):
        state = state_in(visitor.ask(LOGIN, QUERY_STRING=f"return_to={place}")["Location"])
        visitor.ask("/podio/callback", QUERY_STRING=f"error=access_denied&state={state}")
        assert b"ccess" in visitor.ask(place).content


def test_templates_know_the_addresses(visitor: Under) -> None:
    assert visitor.ask("/page").content.decode().split() == [f"{LOGIN}?return_to=%2Fpage", LOGOUT]


@pytest.mark.parametrize("place", ["/me", "/async/me"])
def test_views_call_podio_for_the_person(visitor: Under, transport: FakeTransport, place: str) -> None:
    transport.answer("GET", "/user/status", {"user_id": 1001})
    visitor.sign_in()
    assert visitor.ask(place).content == b'{"user_id": 1001}'
    # Nobody is signed in, and the view has no decorator.
    assert Under(type(visitor.client)).ask(place).status_code == 303


def test_get_podio_returns_the_clients_of_the_request(visitor: Under) -> None:
    assert get_type_hints(get_podio)["return"] is SyncPodio
    assert get_type_hints(aget_podio)["return"] is Podio
    assert visitor.ask("/get_podio").content == b"True True"


def test_a_client_ends_with_its_request(visitor: Under, transport: FakeTransport) -> None:
    transport.answer("GET", "/user/status", {"user_id": 1001}, times=None)
    visitor.sign_in()
    visitor.ask("/me")
    with pytest.raises(RuntimeError, match="closed"):
        seen[-2].get("/user/status")
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(seen[-1].get("/user/status"))


def test_renewing_the_cookie_keeps_the_view_s_own_caching(visitor: Under, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor.sign_in()
    monkeypatch.setattr(time, "time", at(time.time() + 2 * 86_400))
    answer = visitor.ask("/checked_again")
    assert "podio_session" in answer.cookies
    assert (answer["Cache-Control"], answer["Vary"]) == ("no-cache, private", "Cookie")


def test_a_view_that_streams_goes_on_with_its_client(transport: FakeTransport) -> None:
    transport.answer("GET", "/user/status", {"user_id": 1001}, times=2)
    client = sign_in_client(Client())
    assert b"".join(client.get("/stream").streaming_content) == b'{"user_id": 1001}' * 2


def test_a_store_that_is_away_is_503(visitor: Under) -> None:
    assert visitor.ask("/away").status_code == 503
    assert visitor.ask("/away")["Retry-After"]


def test_other_faults_are_left_to_django(visitor: Under) -> None:
    with pytest.raises(LookupError):
        visitor.ask("/broken")


def test_a_server_s_log_finds_no_code_in_the_address() -> None:
    from podio_web.web.django import PodioMiddleware

    middleware = PodioMiddleware(lambda request: HttpResponse())
    request = RequestFactory().get("/podio/callback?code=canary&state=canary", REQUEST_URI="/?code=canary")
    middleware(request)
    assert "canary" not in str(request.META)


def test_the_prefix_is_django_s() -> None:
    with override_settings(PODIO={**PODIO, "REDIRECT_URI": f"{ORIGIN}/app/podio/callback"}, FORCE_SCRIPT_NAME="/app"):
        assert get_sign_in().login_url("/a") == "/app/podio/login?return_to=%2Fa"
        for kind in (Client, AsyncClient):
            visitor = Under(kind)
            assert visitor.ask("/items/4")["Location"] == f"/app{LOGIN}?return_to=%2Fapp%2Fitems%2F4"
            assert visitor.ask(LOGIN)["Location"].startswith("https://podio.com/")
            visitor.sign_in()
            assert visitor.ask("/items/4").status_code == 200


def test_the_project_s_old_keys_still_verify() -> None:
    with override_settings():
        old = session_cookie()
    new = "another-key-0123456789abcdef-0123456789abcdef"
    for fallbacks, status in (([SECRET_KEY], 200), ([], 303)):
        with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=fallbacks):
            client = Client()
            client.cookies[old["name"]] = old["value"]
            assert client.get("/items/4", headers=PAGE).status_code == status


def store_of_dotted_path() -> People:
    return people


def on_signed_in(podio: Any, ref: Any) -> None: ...


async def on_signed_out_async(ref: Any) -> None: ...


def test_stores_and_hooks_may_be_dotted_paths() -> None:
    for store in ("people", "store_of_dotted_path"):
        changed = {**PODIO, "STORE": f"{__name__}.{store}", "ON_SIGNED_IN": f"{__name__}.on_signed_in"}
        with override_settings(PODIO=changed):
            session_cookie()
    assert len(people.signed_in()) == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (None, r'Add PODIO = \{"CLIENT_ID"'),
        ({"CLIENT_ID": ""}, "Add 'CLIENT_ID' to the setting PODIO: the API key's client ID"),
        ({"STORE": None}, "Add 'STORE' to the setting PODIO: the session store"),
        ({"CLIENTID": "x"}, "no option 'CLIENTID'. Write 'CLIENT_ID'"),
        ({"client_id": "x"}, "no option 'client_id'. Write 'CLIENT_ID'"),
        ({"QQQ": "x"}, "no option 'QQQ'. Its options are CLIENT_ID, "),
        ({"TRANSPORT": "x"}, "no option 'TRANSPORT'"),
        ({"STORE": "nowhere.store"}, r"PODIO\['STORE'\] is 'nowhere.store', which cannot be imported"),
        ({"REDIRECT_URI": "/podio/callback"}, "The setting PODIO: .*redirect_uri"),
        ({"SECRET_KEY": "short"}, "The setting PODIO: secret_key must be"),
        ({"ON_SIGNED_OUT": f"{__name__}.on_signed_out_async"}, "on_signed_out must be a plain function"),
    ],
)
def test_a_wrong_setting_says_what_to_write(changes: Any, expected: str) -> None:
    with (
        override_settings(PODIO=changes if changes is None else {**PODIO, **changes}),
        pytest.raises(ImproperlyConfigured, match=expected) as problem,
    ):
        Client().get("/page")
    assert "canary" not in str(problem.value)


def test_other_settings_keep_the_sign_in() -> None:
    before = get_sign_in()
    setting_changed.send(sender=None, setting="DEBUG", value=True, enter=True)
    assert get_sign_in() is before


def test_without_the_middleware_it_says_what_to_do() -> None:
    request = RequestFactory().get("/")
    for use in (item, podio, get_podio, aget_podio, lambda request: asyncio.run(item_async(request))):
        with pytest.raises(RuntimeError, match="to MIDDLEWARE"):
            use(request)
