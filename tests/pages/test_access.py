"""Nobody gets an answer from our routes without a token that this server signed, not long ago."""

from __future__ import annotations

import asyncio
import re
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from embedding_core.errors import InvalidInput, WorkspaceError
from embedding_core.records import LOCAL, Actor
from pages.parts import access, names, secret
from pages.parts.access import LIFE, Access, Tokens
from pages.parts.routes import ROUTES
from tests.pages.serving import ADA, SAME_ORIGIN, TOKENS, stranger, visitor

EVERY_ROUTE = [(method, re.sub(r"\{[^}]*\}", "1", route.path)) for route in ROUTES for method in sorted(route.methods)]


def cookie_of(client: TestClient, token: str) -> TestClient:
    client.cookies.set(TOKENS.cookie, token)
    client.headers.update(SAME_ORIGIN)
    return client


def aged(monkeypatch: pytest.MonkeyPatch, seconds: float, actor: Actor = ADA) -> str:
    """A token that was issued that long ago."""
    now = time.time()
    with monkeypatch.context() as then:
        then.setattr(time, "time", lambda: now - seconds)
        return TOKENS.issue(actor)


def test_the_app_serves_exactly_these_routes_behind_this_check() -> None:
    import app

    assert app.app._user_routes == ROUTES
    assert [middleware.cls for middleware in app.app._user_middleware] == [Access]
    assert len(EVERY_ROUTE) >= 12


@pytest.mark.parametrize(("method", "path"), [*EVERY_ROUTE, ("GET", "/api/"), ("POST", "/api/no/such/route")])
def test_a_missing_forged_or_expired_token_gets_a_bare_403(
    method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = TOKENS.issue(ADA)
    bad = {
        "forged by another key": Tokens(b"another key, 32 bytes long .....").issue(ADA),
        "altered": ("A" if good[0] != "A" else "B") + good[1:],
        "cut": good[:-1],
        "expired": aged(monkeypatch, LIFE + 1),
        "from the future": aged(monkeypatch, -3600),
        "endless": good * 200,
        "empty": "",
        "no token at all": "null",
    }
    requests = {"missing": stranger().request(method, path, headers=SAME_ORIGIN)}
    for name, token in bad.items():
        requests[f"cookie {name}"] = cookie_of(stranger(), token).request(method, path)
        requests[f"header {name}"] = stranger().request(method, path, headers={"Authorization": f"Bearer {token}"})
    for name, answer in requests.items():
        assert answer.status_code == 403, name
        assert answer.content == b"", name
        assert "set-cookie" not in answer.headers, name
        assert answer.headers["x-content-type-options"] == "nosniff", name


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_a_route_is_closed_where_the_check_does_not_stand_in_front(method: str, path: str) -> None:
    answer = TestClient(Starlette(routes=ROUTES)).request(method, path)
    assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://testserver:8502"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [one for one in EVERY_ROUTE if one[0] not in ("GET", "HEAD")])
def test_another_site_cannot_change_anything_with_our_cookie(method: str, path: str, headers: dict[str, str]) -> None:
    client = stranger()
    client.cookies.set(TOKENS.cookie, TOKENS.issue(ADA))
    answer = client.request(method, path, headers=headers)
    assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://testserver"},
        {},  # not a browser
    ],
)
def test_our_own_page_and_scripts_can(headers: dict[str, str]) -> None:
    client = TestClient(echo())
    client.cookies.set(TOKENS.cookie, TOKENS.issue(ADA))
    assert client.post("/api/who", headers=headers).json() == {"id": ADA.id, "name": ADA.name}


def test_a_script_sends_the_token_in_a_header_from_anywhere() -> None:
    headers = {"Authorization": f"bearer {TOKENS.issue(ADA)}", "Sec-Fetch-Site": "cross-site"}
    assert TestClient(echo()).post("/api/who", headers=headers).json()["id"] == ADA.id


def test_a_bad_header_is_not_saved_by_a_good_cookie() -> None:
    client = TestClient(echo())
    client.cookies.set(TOKENS.cookie, TOKENS.issue(ADA))
    assert client.get("/api/who", headers={"Authorization": "Bearer nonsense"}).status_code == 403


def test_a_page_hands_out_a_strict_cookie_that_opens_the_routes() -> None:
    client = TestClient(echo())
    answer = client.get("/")
    attributes = {part.strip() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={LIFE}"} <= attributes
    assert "Secure" not in attributes
    assert answer.headers["content-security-policy"] == "frame-ancestors 'self'"
    who = client.get("/api/who").json()
    assert who["id"].startswith("visitor-")
    assert client.get("/api/who").json() == who


def test_the_cookie_is_secure_over_https() -> None:
    client = TestClient(echo(), base_url="https://testserver")
    assert "; Secure" in client.get("/").headers["set-cookie"]


@pytest.mark.parametrize("path", ["/", "/api/who"])
def test_a_token_is_renewed_for_the_same_visitor_in_the_second_half_of_its_life(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    young = cookie_of(TestClient(echo()), aged(monkeypatch, LIFE / 2 - 60)).get(path)
    assert "set-cookie" not in young.headers
    old = cookie_of(TestClient(echo()), aged(monkeypatch, LIFE / 2 + 60)).get(path)
    token = old.headers["set-cookie"].split(";")[0].partition("=")[2]
    renewed = TOKENS.read(token)
    assert renewed is not None
    assert renewed.actor == ADA
    assert time.time() - renewed.issued < 60


def test_only_pages_hand_out_cookies() -> None:
    client = TestClient(echo())
    for path in ("/script.js", "/missing"):
        assert "set-cookie" not in client.get(path).headers


def test_a_visitor_who_follows_a_link_from_another_site_stays_who_they_are() -> None:
    client = TestClient(echo())
    # The browser withholds a Strict cookie here: a new one would push out the one that it has.
    assert "set-cookie" not in client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).headers
    # The page's own next request carries it if there is one. Here there is none.
    assert "set-cookie" in client.get("/_stcore/host-config", headers=SAME_ORIGIN).headers


def test_every_answer_forbids_guessing_its_type() -> None:
    client = TestClient(echo())
    for path in ("/", "/script.js", "/missing", "/_stcore/host-config", "/api/who"):
        assert client.get(path).headers["x-content-type-options"] == "nosniff", path
    answer = visitor().get("/api/no/such/route")
    assert answer.status_code == 404
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_servers_on_two_ports_do_not_fight_over_one_cookie() -> None:
    assert Tokens(b"one" * 11).cookie != Tokens(b"two" * 11).cookie


def test_sockets_pass_untouched() -> None:
    passed: list[object] = []

    async def inner(*call: object) -> None:
        passed.extend(call)

    call = ({"type": "websocket", "path": "/_stcore/stream"}, object(), object())
    asyncio.run(Access(inner, tokens=lambda: TOKENS)(*call))  # type: ignore[arg-type]
    assert all(given is got for given, got in zip(call, passed, strict=True))


def test_a_page_reads_the_visitor_from_its_cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "tokens", lambda: TOKENS)
    assert access.visitor({TOKENS.cookie: TOKENS.issue(ADA)}) == ADA
    assert access.visitor({TOKENS.cookie: "nonsense"}) == LOCAL
    assert access.visitor({}) == LOCAL


def test_the_name_that_a_visitor_gives_is_theirs_in_tokens_on_routes_and_on_open_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access, "tokens", lambda: TOKENS)
    before = {TOKENS.cookie: TOKENS.issue(Actor("visitor-7", "Visitor B3E1"))}  # as the open page's socket has them
    client = cookie_of(TestClient(echo()), before[TOKENS.cookie])
    client.cookies.set(names.COOKIE, "Ad%C3%A9le%20%20B")
    answer = client.get("/api/who")
    assert answer.json() == {"id": "visitor-7", "name": "Adéle B"}
    assert access.visitor(before) == Actor("visitor-7", "Adéle B")
    token = answer.headers["set-cookie"].split(";")[0].partition("=")[2]
    visit = TOKENS.read(token)
    assert visit is not None and visit.actor == Actor("visitor-7", "Adéle B")
    assert "set-cookie" not in client.get("/api/who").headers, "once is enough"
    newcomer = TestClient(echo())
    newcomer.cookies.set(names.COOKIE, "Ben")
    newcomer.get("/")
    assert newcomer.get("/api/who").json()["name"] == "Ben", "whoever comes back after their token has expired"


def test_names_of_every_script_are_names() -> None:
    for name in ("علی\u200cرضا", "क्\u200dष", "👩\u200d🔬", "O’Brien-Łukasz"):
        assert names.given({names.COOKIE: quote(name)}) == name


@pytest.mark.parametrize("name", ["", "%20", "a" * 81, "%0Aline%00", "%7f", "%E2%80%AEadA"])
def test_what_cannot_be_a_name_changes_none(name: str) -> None:
    client = cookie_of(TestClient(echo()), TOKENS.issue(ADA))
    client.cookies.set(names.COOKIE, name)
    assert client.get("/api/who").json()["name"] == "Ada"


# -- the key -------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KINDRED_SECRET", raising=False)


@pytest.mark.usefixtures("no_secret")
def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    key = secret.key(str(workspace))
    assert len(key) == 32
    assert secret.key(str(workspace)) == key
    assert stat.S_IMODE((workspace / ".secret").stat().st_mode) == 0o600
    assert [file.name for file in workspace.iterdir()] == [".secret"]
    assert secret.key(str(tmp_path / "other")) != key


@pytest.mark.usefixtures("no_secret")
def test_servers_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(secret.key, [str(tmp_path)] * 64))
    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == [".secret"]


@pytest.mark.usefixtures("no_secret")
def test_a_key_that_others_can_read_is_closed_again(tmp_path: Path) -> None:
    key = secret.key(str(tmp_path))
    (tmp_path / ".secret").chmod(0o644)
    assert secret.key(str(tmp_path)) == key
    assert stat.S_IMODE((tmp_path / ".secret").stat().st_mode) == 0o600


@pytest.mark.usefixtures("no_secret")
def test_a_damaged_key_is_not_used(tmp_path: Path) -> None:
    (tmp_path / ".secret").write_bytes(b"short")
    with pytest.raises(WorkspaceError, match="holds 5 bytes, not 32"):
        secret.key(str(tmp_path))


@pytest.mark.usefixtures("no_secret")
def test_the_key_of_a_bucket_lies_in_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    key = secret.key("s3://bucket/workspace")
    assert (tmp_path / "kindred" / "secret").read_bytes() == key


def test_kindred_secret_goes_first_and_must_be_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_SECRET", "sixteen letters!")
    assert secret.key(str(tmp_path)) == b"sixteen letters!"
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("KINDRED_SECRET", "fifteen letters")
    with pytest.raises(InvalidInput, match="at least 16 characters, and it has 15"):
        secret.key(str(tmp_path))


# -- a small app: a page, a script, a route of ours ------------------------------------------------------------------


def echo() -> Starlette:
    async def who(request: Request, actor: Actor) -> Response:
        return JSONResponse({"id": actor.id, "name": actor.name})

    async def page(request: Request) -> Response:
        return HTMLResponse("<p>Kindred</p>")

    async def script(request: Request) -> Response:
        return Response("1", media_type="text/javascript")

    return Starlette(
        routes=[
            access.route("who", who, methods=["GET", "POST"]),
            Route("/", page),
            Route("/script.js", script),
            Route("/_stcore/host-config", script),
        ],
        middleware=[Middleware(Access, tokens=lambda: TOKENS)],
    )
