"""The addresses of this server's own routes. What they name by content never changes, so browsers may keep it."""

from __future__ import annotations

from streamlit import config

SHA_DIGITS = 16  # of an image's SHA-256, in its address: enough to tell apart, short enough to send by the thousand


def base() -> str:
    """What comes before every path: empty, or `/somewhere` when Streamlit's server.baseUrlPath says so."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def api() -> str:
    """Below this lie all routes of our own, and everything there needs a token."""
    return f"{base()}/api/"


def thumbnail(dataset: str, image: int, sha256: str) -> str:
    """WebP, longest side 128 px. `dataset` is a UUID."""
    return f"{api()}thumbnail/{dataset}/{image}/{sha256[:SHA_DIGITS]}"


def preview(dataset: str, image: int, sha256: str) -> str:
    """WebP, made anew from the original, longest side 1600 px."""
    return f"{api()}image/{dataset}/{image}/{sha256[:SHA_DIGITS]}"


def originals(dataset: str, selection: str) -> str:
    """A ZIP of a selection's original files. `selection` is its hash."""
    return f"{api()}download/{dataset}/{selection}.zip"


def table(dataset: str, selection: str) -> str:
    """A CSV of a selection: path, label, split and all metadata."""
    return f"{api()}download/{dataset}/{selection}.csv"
