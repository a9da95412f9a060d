"""What crosses between a page's JavaScript and Python: each value arrives as it is meant, or is refused by name."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage

from podio_web.testing import SandboxControl
from tests.browser.script_tag import INTERPRETERS, TagPage

# What is refused, and words of the message.
REFUSED = {
    "new Map([['limit', 1]])": "data is of type Map. Use Object.fromEntries(map)",
    "({ids: new Set([1])})": "data.ids is of type Set. Use [...set]",
    "new FormData()": "data is of type FormData. Upload files with podio.uploadFile(file)",
    "({file: new File(['x'], 'x.txt')})": "data.file is of type File. Upload files with podio.uploadFile(file)",
    "new Blob(['x'])": "data is of type Blob. Upload files",
    "[new ArrayBuffer(2)]": "data[0] is of type ArrayBuffer. Upload files",
    "new Uint8Array(2)": "data is of type Uint8Array. Upload files",
    "({view: new DataView(new ArrayBuffer(2))})": "data.view is of type DataView. Upload files",
    "new Blob([]).stream()": "data is of type ReadableStream. Upload files",
    "({all: document.createElement('input')})": "data.all is of type HTMLInputElement. Upload files",
    "document.createElement('form')": "data is of type HTMLFormElement. Upload files",
    "Object.assign(document.createElement('input'), {type: 'file'}).files": "data is of type FileList. Upload files",
    "({drop: new DataTransfer()})": "data.drop is of type DataTransfer. Upload files",
    "new ImageData(1, 1)": "data is of type ImageData. Upload files",
    "({ids: new Map([[1, 2]]).keys()})": "data.ids is of type Map Iterator",
    "new Map([['file', new Blob([])]])": "data is of type Map",
    "({w: new WeakSet()})": "data.w is of type WeakSet",
    "({x: new Response('{}')})": "data.x is of type Response",
    "/a/": "data is of type RegExp",
    "({a: {b: [1, NaN]}})": "data.a.b[1] is NaN",
    "({a: -Infinity})": "data.a is -Infinity",
    "({id: 10n})": "data.id is of type bigint. Use String(value)",
    "({save() {}})": "data.save is of type function",
    "({kind: Symbol('a')})": "data.kind is of type symbol",
    "({list: [1, , 3]})": "data.list[1] is undefined",
    "[undefined]": "data[0] is undefined",
    "(() => { const a = {b: []}; a.b.push(a); return a })()": "data cannot be written as JSON",
    "Object.assign([], {title: 'a'})": "data is an array with names, which JSON would drop. Use a plain object",
    "({fields: Object.assign([], {title: 'a'})})": "data.fields is an array with names",
    "({get a() { throw new DOMException('no', 'SyntaxError') }})": "data cannot be written as JSON: no.",
    "({get a() { throw null }})": "data cannot be written as JSON: null.",
    "({a: {toJSON() { return 1n }}})": "data.a is of type BigInt",
    "({toJSON() {}})": "data is of type Undefined",
    "({toJSON() { throw 'no' }})": "data cannot be written as JSON: no.",
    "new (class Filter { limit = 1 })()": "data is of type Filter, not a plain object",
    "Object.create({limit: 1})": "not a plain object",
    "({when: new Date(NaN)})": "data.when is Invalid Date",
    "({fields: new URLSearchParams('a=1')})": "data.fields is of type URLSearchParams",
    "new Headers({a: 'b'})": "data is of type Headers",
    "({at: document.body})": "data.at is of type HTMLBodyElement",
    "({e: new Error('no')})": "data.e is of type Error",
    "({text: new String('a')})": "data.text is of type String",
    "Promise.resolve({limit: 1})": "data is of type Promise",
}

# What is sent, and the JSON that arrives.
SENT = {
    "({limit: 1, offset: undefined, note: null, flag: true})": {"limit": 1, "note": None, "flag": True},
    "[1, [2.5, 'three'], {four: []}]": [1, [2.5, "three"], {"four": []}],
    "({when: new Date(0)})": {"when": "1970-01-01T00:00:00.000Z"},
    "({at: new URL('https://a.example/b')})": {"at": "https://a.example/b"},
    "({item: new (class { toJSON() { return {id: 7} } })()})": {"item": {"id": 7}},
    "({ids: {toJSON() { return [1, {at: new Date(0)}] }}})": {"ids": [1, {"at": "1970-01-01T00:00:00.000Z"}]},
    "Object.assign(Object.create(null), {a: 1})": {"a": 1},
    "(() => { const one = {a: 1}; return [one, one] })()": [{"a": 1}, {"a": 1}],
    "({'__proto__': 1, ['__proto__']: 2, toJSON: 3})": {"__proto__": 2, "toJSON": 3},
}

# What old libraries add to every page that has them.
LIBRARY = """
for (const kind of [Object, Array, String, Number, Boolean, Date, Map, BigInt]) {
  const value = () => `a library's ${kind.name}`;
  Object.defineProperty(kind.prototype, "toJSON", { value, configurable: true, writable: true });
}
"""
# Pyodide itself does not start beside these.
OLD_LIBRARY = """
Array.prototype.reduce = function () { return this.length > 1 ? this : this[0]; };
Array.from = (list) => [...(list ?? [])];
"""

WATCH = """
window.sent = [];
const real = window.fetch;
window.fetch = async (url, options) => {
  const method = options?.method;
  if (!method) return real(url, options);
  sent.push({ url: String(url), body: options.body ?? null, type: options.headers.get("Content-Type") });
  return new Response('{"ok": [1]}', { headers: { "Content-Type": "application/json" } });
};
"""


@pytest.fixture
def tag(profile: BrowserContext, sandbox: SandboxControl, interpreter: str) -> TagPage:
    """A page that is signed in, and keeps what it would have sent."""
    return TagPage(profile, sandbox.url)


def signed_in(tag: TagPage, interpreter: str, library: str = "") -> TagPage:
    if library:
        tag.page.add_init_script(library + (OLD_LIBRARY if interpreter == "mpy" else ""))
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    tag.run(WATCH + "podio.setAccessToken({access_token: 'made-up', expires_in: 60});")
    tag.run(
        "window.platform = new PodioJS({authType: 'client', clientId: 'demo-client'});"
        "platform.setAccessToken({access_token: 'made-up', expires_in: 60});"
    )
    return tag


def outcomes(tag: TagPage, calls: list[str]) -> Any:
    """What each call was rejected with or None; at once, for all of them."""
    return tag.run(
        "const seen = [];"
        f"for (const make of [{', '.join(f'() => {call}' for call in calls)}]) {{"
        "  try { await make(); seen.push(null); }"
        "  catch (error) { seen.push([error instanceof Error, error.name, error.code, error.message]); }"
        "}"
        "return seen;"
    )


@pytest.mark.parametrize("library", ["", LIBRARY], ids=["plain", "library"])
def test_what_has_no_meaning_is_refused_by_name_before_anything_is_sent(
    tag: TagPage, interpreter: str, library: str
) -> None:
    signed_in(tag, interpreter, library)
    for caller in ("podio.post('/item/', {})", "platform.request('POST', '/item/', {})"):
        found = outcomes(tag, [caller.replace("{}", source) for source in REFUSED])
        for source, words, problem in zip(REFUSED, REFUSED.values(), found, strict=True):
            assert problem is not None, source
            assert problem[:3] == [True, "TypeError", "wrong_argument"], source
            assert words in problem[3], source
    more = {
        "podio.get('/item/', {}, {params: new Map()})": "options.params is of type Map",
        "podio.get('/item/', {}, new Map([['timeout', 1]]))": "options is of type Map",
        "podio.get(location)": "path is of type Location",
        "podio.getAuthorizationURL(undefined, {state: 1n})": "the argument.state is of type bigint",
    }
    for problem, words in zip(outcomes(tag, list(more)), more.values(), strict=True):
        assert words in problem[3]
    assert tag.run("return sent") == []


@pytest.mark.parametrize("library", ["", LIBRARY], ids=["plain", "library"])
def test_what_has_a_meaning_arrives(tag: TagPage, interpreter: str, library: str) -> None:
    signed_in(tag, interpreter, library)
    assert outcomes(tag, [f"podio.post('/item/', {source})" for source in SENT]) == [None] * len(SENT)
    assert [json.loads(call["body"]) for call in tag.run("return sent")] == list(SENT.values())
    tag.run("sent.length = 0; window.many = new URLSearchParams('a=1&b=x y&a=2&__proto__=3')")
    calls = [
        "podio.get('/item/', many)",
        "podio.delete('/item/1', many)",
        "podio.get('/item/', null, {params: many})",
        "podio.post('/item/', many)",
        "podio.post('/item/', many, {form: false})",
        "podio.put('/item/', {c: 1}, {form: true, params: many})",
        "platform.request('GET', '/item/', many)",
        "platform.request('POST', '/item/', many)",
        "podio.get('/item/', new URLSearchParams())",
    ]
    assert outcomes(tag, calls) == [None] * len(calls)
    many = {"a": "1;2", "b": "x y", "__proto__": "3"}
    sent = tag.run("return sent")
    queries = [dict(parse_qsl(urlsplit(call["url"]).query)) for call in sent]
    assert queries == [many, many, many, {}, {}, many, many, {}, {}]
    forms = {at: dict(parse_qsl(sent[at]["body"])) for at in (3, 5, 7)}
    assert forms == {3: many, 5: {"c": "1"}, 7: many}
    assert {sent[at]["type"] for at in forms} == {"application/x-www-form-urlencoded"}
    assert json.loads(sent[4]["body"]) == {**many, "a": ["1", "2"]}
    assert tag.run("return podio.get('/item/')") == {"ok": [1]}


def test_data_is_what_it_was_when_the_call_was_made(profile: BrowserContext, sandbox: SandboxControl) -> None:
    tag = TagPage(profile, sandbox.url)
    tag.page.add_init_script("""
        window.loaded = () => {
          const data = {limit: 1};
          const platform = new PodioJS({authType: "client", clientId: "demo-client"});
          platform.setAccessToken({access_token: "made-up", expires_in: 60});
          window.answer = platform.request("POST", "/item/app/3001/filter/", data).catch(error => error);
          window.refused = platform.request("POST", "/item/", {a: NaN}).catch(error => error.code);
          data.limit = 2;
        };
    """)
    tag.page.add_init_script(WATCH)
    tag.open(query={"classic": "yes"})
    assert tag.run("await window.answer; return sent.map(({body}) => JSON.parse(body))") == [{"limit": 1}]
    assert tag.run("return window.refused") == "wrong_argument"


def test_a_session_store_may_keep_more_than_the_session(tag: TagPage, interpreter: str) -> None:
    signed_in(tag, interpreter, LIBRARY)
    tag.run("""
        const session = Object.assign(new (class Session {})(), {accessToken: "kept", expiresIn: 60, later() {}});
        const sessionStore = { get: (type, done) => done(session), set() {} };
        window.own = new PodioJS({authType: "client", clientId: "demo-client"}, {sessionStore});
        await own.isAuthenticated();
    """)
    assert tag.run("return own.authObject.accessToken") == "kept"


SHOW = """
  const token = podio.token;
  const problem = Object.assign(new Error("made up"), { session: token, cause: token });
  console.log(token);
  console.dir(token);
  console.table([token]);
  console.log("%o and %O", token, { inside: [token] });
  console.log(problem);
  console.log(podio, platform);
  console.log(JSON.stringify(token), String(token), Object.entries(token).join(), { ...token });
  console.log(structuredClone(token), new Map([[token, token]]), Object.getOwnPropertyNames(token).join());
  return [token.accessToken, JSON.stringify(token), JSON.stringify(Object.assign({}, token)),
    JSON.stringify(structuredClone(token)), JSON.stringify(Object.getOwnPropertyDescriptors(token))];
"""


def test_no_console_shows_the_token(tag: TagPage, interpreter: str) -> None:
    secret = "canary-9b1d"
    messages: list[ConsoleMessage] = []
    previews: list[str] = []
    signed_in(tag, interpreter)
    tag.page.on("console", lambda message: messages.append(message))
    is_chromium = tag.context.browser is not None and tag.context.browser.browser_type.name == "chromium"
    session = tag.context.new_cdp_session(tag.page) if is_chromium else None
    handed_over: list[Any] = []
    if session is not None:
        session.on("Runtime.consoleAPICalled", lambda event: handed_over.append(event))
        session.send("Runtime.enable")
    tag.run(f"podio.setAccessToken({{access_token: '{secret}', expires_in: 60}})")
    with tag.page.expect_console_message(lambda message: message.text == "shown"):
        shown = tag.run(SHOW.replace("return [", "console.log('shown'); return ["))
    assert shown[0] == secret
    for text in shown[1:]:
        assert "expiresAt" in text
        assert secret not in text
    assert len(messages) > 8
    assert secret not in "".join(message.text for message in messages)
    arguments = [argument.json_value() for message in messages for argument in message.args]
    assert secret not in json.dumps(arguments, default=str)
    if session is not None:
        # What DevTools asks for when somebody opens what it shows.
        for event in handed_over:
            for argument in event["args"]:
                previews.append(json.dumps(argument))
                if "objectId" in argument:
                    for options in ({"ownProperties": True}, {"accessorPropertiesOnly": True}):
                        asked = {"objectId": argument["objectId"], "generatePreview": True, **options}
                        previews.append(json.dumps(session.send("Runtime.getProperties", asked)))
        session.detach()
        assert len(previews) > 20
        assert "expiresAt" in "".join(previews)
        assert secret not in "".join(previews)
