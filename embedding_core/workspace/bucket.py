"""What a workspace in an object store needs beyond its URI: how to reach it, and errors that can be shown to anyone.

Credentials never pass through here: the object store's client reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_SESSION_TOKEN, a profile or an instance's role by itself. What it says when it fails can hold the headers of the
request that was signed, so none of its words are passed on; they are only looked through for what went wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import urlsplit

from embedding_core.errors import WorkspaceError

# As the AWS command line reads them, the more special first; the last one is the object store's own.
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
PATIENCE = {"connect_timeout": "5s", "client_retry_timeout": "30"}
# Opening asks one small question six times over. A bucket that is there answers it in well under a second.
PROBE = {"connect_timeout": "3s", "timeout": "3s", "client_max_retries": "1", "client_retry_timeout": "3"}

_Self = TypeVar("_Self", bound="_HasUri")
_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")
_Raised = (OSError, RuntimeError, ValueError)  # what LanceDB makes of an object store's errors

_CAUSES = (  # words in the error, in lower case; what is wrong; what to do
    (
        ("nosuchbucket", "nosuchcontainer", "specified bucket does not exist"),
        "there is no such bucket",
        "Make it first, or correct the name in KINDRED_WORKSPACE.",
    ),
    (
        ("get aws credentials", "credentialsnotloaded", "no credentials", "providererror", "missing credential"),
        "no credentials were found",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
    ),
    (
        ("invalidaccesskeyid", "signaturedoesnotmatch", "expiredtoken", "invalidtoken", "status: 401", "unauthorized"),
        "the credentials were refused",
        "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.",
    ),
    (
        ("accessdenied", "status: 403", "forbidden", "permissiondenied"),
        "access was denied",
        "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and that they may list, read, write "
        "and delete there.",
    ),
    (
        ("bareredirect", "permanentredirect", "authorizationheadermalformed"),
        "the bucket lies in another region",
        "Set AWS_REGION to the bucket's own.",
    ),
    (
        ("badscheme",),
        "its address begins with neither http:// nor https://",
        "Correct AWS_ENDPOINT_URL.",
    ),
    (
        ("kind: connect", "dns error", "timedout", "kind: timeout", "tcp connect", "operation timed out"),
        "it cannot be reached",
        "Check the network and AWS_ENDPOINT_URL.",
    ),
)


class _HasUri(Protocol):
    uri: str


def remote(uri: str) -> bool:
    """Whether a workspace lies elsewhere than in a folder."""
    return "://" in uri


def check(uri: str) -> None:
    """Refuse a URI that holds credentials: a URI is stored, logged and seen by other users of a machine.

    Raises `WorkspaceError`, without the URI.
    """
    parts = urlsplit(uri)
    if remote(uri) and ("@" in parts.netloc or "key" in parts.query.lower() or "token" in parts.query.lower()):
        raise WorkspaceError(
            "The workspace's URI holds credentials. Write s3://bucket/folder alone, and give the credentials as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )


def options(uri: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the object store's client does not find out by itself. Never holds a secret; empty for a folder."""
    if not remote(uri):
        return {}
    found = dict(PATIENCE)
    address = endpoint(environment)
    if address and uri.startswith("s3"):
        found["aws_endpoint"] = address
        if address.startswith("http://"):  # whoever names one means it
            found["allow_http"] = "true"
    return found


def endpoint(environment: Mapping[str, str] = os.environ) -> str:
    """The address of a bucket that is not Amazon's; empty when none is named."""
    return next((environment[name] for name in ENDPOINTS if environment.get(name)), "")


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """Turn what an object store raises inside into a `WorkspaceError` that names the bucket and holds no secret.

    Of a folder errors pass as they are, and so do those that are about what was asked.
    """
    try:
        yield
    except _Raised as error:
        told = _told(uri, error) if remote(uri) and not isinstance(error, WorkspaceError) else None
        if told is None:
            raise
        # Neither as cause nor as context: both are printed with a traceback.
        raise told from None


def explaining(
    method: Callable[Concatenate[_Self, _Given], _Answer],
) -> Callable[Concatenate[_Self, _Given], _Answer]:
    """`explained`, around a method of something that has a `uri`."""

    @wraps(method)
    def wrapped(self: _Self, /, *arguments: _Given.args, **named: _Given.kwargs) -> _Answer:
        with explained(self.uri):
            return method(self, *arguments, **named)

    return wrapped


def conflicting(error: Exception) -> bool:
    """Whether someone else committed first, so that trying again may help."""
    return "conflict" in str(error).lower()


def _told(uri: str, error: Exception) -> WorkspaceError | None:
    words = str(error).lower()
    for marks, what, advice in _CAUSES:
        if any(mark in words for mark in marks):
            return WorkspaceError(f"The workspace {uri}{_at()} cannot be used: {what}. {advice}")
    if "objectstore" in words or "object_store" in words or "retryerror" in words or 'store: "s3"' in words:
        return WorkspaceError(f"The workspace {uri}{_at()} does not answer as it should. Try again in a minute.")
    return None


def _at() -> str:
    """Where the bucket was looked for, without what an address may hold of credentials."""
    parts = urlsplit(endpoint())
    return f" at {parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
