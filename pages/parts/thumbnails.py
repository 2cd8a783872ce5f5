"""Small pictures in a row, for cards and the sidebar. A gallery that answers to clicks is in `gallery`."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import urls

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

_ROW = "display:flex;gap:4px;overflow:hidden;height:{size}px"
_IMAGE = (
    "width:{size}px;height:{size}px;flex:{flex};min-width:0;max-width:{widest}px;object-fit:cover;border-radius:6px;"
    "background:rgba(128,128,128,.12)"
)


def strip(dataset: str, images: pa.Table, *, size: int = 44, fill: bool = False) -> None:
    """Draw images (a table with id, path and sha256) of the dataset with that UUID in one row of squares.

    With `fill` they share the whole width, as far as that leaves them nearly square.
    """
    rows = zip(*(images[name].to_pylist() for name in ("id", "path", "sha256")), strict=True)
    st.html(f'<div style="{_ROW.format(size=size)}">{"".join(_tags(dataset, rows, size, fill))}</div>')


def wall(dataset: str, images: pa.Table, *, size: int = 56) -> None:
    """Draw images as `strip` does, in as many rows as they need."""
    if not len(images):
        return
    rows = zip(*(images[name].to_pylist() for name in ("id", "path", "sha256")), strict=True)
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:4px">{"".join(_tags(dataset, rows, size, fill=False))}</div>')


def _tags(dataset: str, rows: Iterable[tuple[int, str, str]], size: int, fill: bool) -> Iterable[str]:
    style = _IMAGE.format(size=size, widest=round(1.5 * size), flex="1 1 0" if fill else "none")
    for image, path, sha in rows:
        source = escape(urls.thumbnail(dataset, image, sha), quote=True)
        yield f'<img src="{source}" alt="{escape(path, quote=True)}" loading="lazy" style="{style}">'
