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


def scale(dataset: str, low: pa.Table, high: pa.Table, *, alt: str) -> None:
    """Draw images from − to +: those of the − end from the left, then those of the + end up to the right.

    Each end begins with its farthest image; on a narrow screen all of them shrink.
    """
    ends = [
        "".join(_ends(dataset, zip(*(rows[name].to_pylist() for name in ("id", "path", "sha256")), strict=True)))
        for rows in (low, high.take(list(range(len(high)))[::-1]) if len(high) else high)
    ]
    sign = '<span aria-hidden="true" style="flex:none;width:1em;text-align:center;opacity:.7">{}</span>'
    gap = '<span aria-hidden="true" style="flex:none;width:10px"></span>'
    st.html(
        f'<div role="img" aria-label="{escape(alt, quote=True)}" style="display:flex;gap:3px;align-items:center">'
        f"{sign.format('−')}{ends[0]}{gap}{ends[1]}{sign.format('+')}</div>"
    )


def _ends(dataset: str, rows: Iterable[tuple[int, str, str]]) -> Iterable[str]:
    style = (
        "flex:1 1 0;min-width:0;max-width:64px;aspect-ratio:1;object-fit:cover;border-radius:5px;"
        "background:rgba(128,128,128,.12)"
    )
    for image, path, sha in rows:
        source = escape(urls.thumbnail(dataset, image, sha), quote=True)
        yield f'<img src="{source}" alt="{escape(path, quote=True)}" loading="lazy" style="{style}">'


def _tags(dataset: str, rows: Iterable[tuple[int, str, str]], size: int, fill: bool) -> Iterable[str]:
    style = _IMAGE.format(size=size, widest=round(1.5 * size), flex="1 1 0" if fill else "none")
    for image, path, sha in rows:
        source = escape(urls.thumbnail(dataset, image, sha), quote=True)
        yield f'<img src="{source}" alt="{escape(path, quote=True)}" loading="lazy" style="{style}">'
