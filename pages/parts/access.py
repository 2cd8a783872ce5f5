"""Who may ask this server for anything: a signed, expiring cookie on every page, checked on every route.

Loading a page sets the cookie, so that images, uploads and downloads answer only to someone who has opened the app,
and never to another site that merely knows an address. It names an `Actor`, which routes hand on explicitly. Scripts
send the same token as `Authorization: Bearer …`. A token that is missing, forged or too old gets a bare 403.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.routing import Route

from embedding_core.records import LOCAL, Actor
from pages.parts import names, secret, server, urls

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIFE = 7 * 24 * 3600  # seconds; used or not, a token older than half of this is replaced at the next answer
LONGEST = 2048  # characters of a token that are worth reading
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Streamlit's page asks for this before it opens its socket. A page that was reached from a link on another site comes
# without a Strict cookie, though the visitor may have one: only this second request, from the page itself, can tell.
SECOND_REQUEST = "/_stcore/host-config"

ON_EVERY_ANSWER = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
ON_PAGES = {"Content-Security-Policy": "frame-ancestors 'self'"}
ON_ROUTES = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Handler = Callable[[Request, Actor], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who a valid token speaks for, and since when."""

    actor: Actor
    issued: float  # seconds since the epoch


class Tokens:
    """Signs and reads tokens with one key."""

    def __init__(self, key: bytes) -> None:
        # All ports of a host share its cookies: two servers with keys of their own must not fight over one name.
        self.cookie = f"kindred_{hashlib.sha256(key).hexdigest()[:8]}"
        self._serializer = URLSafeTimedSerializer(
            key, salt="kindred access", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )

    def issue(self, actor: Actor) -> str:
        token: str = self._serializer.dumps([actor.id, actor.name])
        return token

    def read(self, token: str) -> Visit | None:
        """What a token says; None unless it is ours, unaltered and young enough."""
        if len(token) > LONGEST:
            return None
        try:
            (identity, name), issued = self._serializer.loads(token, max_age=LIFE, return_timestamp=True)
        except BadData:  # forged, expired, from the future, not a token at all
            return None
        return Visit(Actor(identity, name), issued.timestamp())

    def read_cookies(self, cookies: Mapping[str, str]) -> Visit | None:
        return self.read(cookies[self.cookie]) if self.cookie in cookies else None


@cache
def tokens() -> Tokens:
    """The tokens of this server."""
    return Tokens(secret.key(server.uri()))


def visitor(cookies: Mapping[str, str]) -> Actor:
    """Who looks at a page, from `st.context.cookies`. Without a browser (a test of a page) it is the local user."""
    visit = tokens().read_cookies(cookies)
    return names.known(visit.actor) if visit else LOCAL


def route(path: str, handler: Handler, *, methods: Sequence[str] = ("GET",)) -> Route:
    """A route at `path` below `urls.api()` whose handler is given the actor.

    Closed to everyone where `Access` does not stand in front of it.
    """

    async def endpoint(request: Request) -> Response:
        actor = request.scope.get("kindred.actor")
        return await handler(request, actor) if isinstance(actor, Actor) else Response(status_code=403)

    return Route(urls.api() + path, endpoint, methods=list(methods), name=handler.__name__)


class Access:
    """ASGI middleware: checks tokens below `urls.api()`, hands them out with pages, and sets the security headers.

    Plain ASGI, so that bodies stream through in both directions and sockets pass untouched.
    """

    def __init__(self, app: ASGIApp, tokens: Callable[[], Tokens] = tokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        tokens = self._tokens()
        headers = Headers(scope=scope)
        bearer = _bearer(headers)
        cookies = {} if bearer else cookie_parser(headers.get("cookie", ""))
        visit = tokens.read(bearer) if bearer else tokens.read_cookies(cookies)
        guarded = scope["path"].startswith(urls.api())
        if guarded:
            forgeable = bearer is None and scope["method"] not in SAFE
            if visit is None or (forgeable and not same_origin(headers)):
                await Response(status_code=403, headers={**ON_EVERY_ANSWER, **ON_ROUTES})(scope, receive, send)
                return
            scope["kindred.actor"] = names.heard(visit.actor, cookies)
        fresh = None if bearer else _fresh(tokens, visit, cookies)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                page = not guarded and _is_page(scope, message["status"], answer)
                for name, value in {**ON_EVERY_ANSWER, **(ON_ROUTES if guarded else ON_PAGES if page else {})}.items():
                    answer.setdefault(name, value)
                crossing = headers.get("sec-fetch-site") == "cross-site"
                if fresh and (guarded or (page and not crossing) or scope["path"].endswith(SECOND_REQUEST)):
                    answer.append("Set-Cookie", _cookie(tokens.cookie, fresh, secure=scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, dressed)


def same_origin(headers: Headers) -> bool:
    """Whether a request that changes something was made by our own page.

    Browsers say so in Sec-Fetch-Site where the connection is trusted, else in Origin. A client that sends neither is
    no browser, and no other site can make it send our cookie.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _bearer(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _fresh(tokens: Tokens, visit: Visit | None, cookies: Mapping[str, str]) -> str | None:
    """A token to hand out: to a newcomer, to a visitor whose own grows old, or to one who has another name now."""
    if visit is None:  # not remembered: who brings no token may come any number of times
        someone = newcomer()
        return tokens.issue(replace(someone, name=names.given(cookies) or someone.name))
    actor = names.heard(visit.actor, cookies)
    if actor != visit.actor or time.time() - visit.issued > LIFE / 2:
        return tokens.issue(actor)
    return None


def newcomer() -> Actor:
    """Someone who has not been here before."""
    mark = secrets.token_hex(8)
    return Actor(id=f"visitor-{mark}", name=f"Visitor {mark[:4].upper()}")


def _is_page(scope: Scope, status: int, answer: Headers) -> bool:
    return scope["method"] == "GET" and status == 200 and answer.get("content-type", "").startswith("text/html")


def _cookie(name: str, token: str, *, secure: bool) -> str:
    return f"{name}={token}; Max-Age={LIFE}; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
