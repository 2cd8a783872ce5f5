"""The key that signs access tokens: KINDRED_SECRET, else a local file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from embedding_core.errors import InvalidInput, WorkspaceError

SHORTEST = 16  # characters of KINDRED_SECRET
LENGTH = 32  # bytes of a key that we make


def key(workspace: str) -> bytes:
    """The signing key of the server on this workspace (a folder or a URI), made at the first start.

    Raises `InvalidInput` for a KINDRED_SECRET that is too short, and `WorkspaceError` when no file can be kept.
    """
    given = os.environ.get("KINDRED_SECRET")
    if given is None:
        return _kept(file_for(workspace))
    if len(given) < SHORTEST:
        raise InvalidInput(
            f"KINDRED_SECRET must have at least {SHORTEST} characters, and it has {len(given)}. "
            "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return given.encode()


def file_for(workspace: str) -> Path:
    """Beside the data when the workspace is a folder; in the user's own data folder when it is a bucket."""
    if "://" not in workspace:
        return Path(workspace) / ".secret"
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "kindred" / "secret"


def _kept(file: Path) -> bytes:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _make(file)
        if file.stat().st_mode & 0o077:  # copied or unpacked by a tool that lost the mode
            file.chmod(0o600)
        found = file.read_bytes()
    except OSError as error:
        raise WorkspaceError(
            f"The signing key {file} cannot be kept: {error.strerror}. Make its folder writable, or set KINDRED_SECRET."
        ) from error
    if len(found) < LENGTH:
        raise WorkspaceError(
            f"The signing key {file} holds {len(found)} bytes, not {LENGTH}. Delete it and start again."
        )
    return found


def _make(file: Path) -> None:
    """Write a new key so that no reader ever sees half of it and, of two servers at once, both use the first one's."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(LENGTH))
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
