"""The pieces of the report's HTML. Every text that goes in is escaped here, and nowhere else.

What is marked up is `Html`; a plain `str` is text from anywhere. A policy in the head forbids every request, and runs
just the two scripts whose digests it names: markup that came in from somewhere would stay dead.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any, NewType

from embedding_core.export import markup
from pages.parts.paper.style import SCRIPT, STYLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plotly.graph_objects import Figure

Html = NewType("Html", str)

SHORT = 12  # rows of a table that stays on one page


def escaped(text: object) -> Html:
    """Text as HTML shows it."""
    return Html(markup.escaped(" ".join(str(text).split())))


def joined(*parts: Html) -> Html:
    return Html("".join(parts))


def head(title: str) -> Html:
    """Up to the beginning of the body."""
    return Html(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{STYLE}</style></head><body>\n"
    )


def tail() -> Html:
    """The library and the lines that draw, then the end."""
    return Html(f"<script>{_library()}</script><script>{SCRIPT}</script></body></html>\n")


def section(name: str, title: str, *parts: Html, leaf: bool = False) -> Html:
    """A section with an anchor; a `leaf` begins a page when printed."""
    return Html(
        f'\n<section id="{name}"{" class=leaf" if leaf else ""}><h2>{escaped(title)}</h2>{"".join(parts)}</section>'
    )


def heading(text: str) -> Html:
    return Html(f"<h3>{escaped(text)}</h3>")


def paragraph(text: str, kind: str = "") -> Html:
    """Nothing for no text. `kind` is one of the classes of `style`."""
    return Html(f"<p{f' class={kind}' if kind else ''}>{escaped(text)}</p>") if text else Html("")


def listed(texts: Iterable[str]) -> Html:
    items = "".join(f"<li>{escaped(text)}</li>" for text in texts)
    return Html(f"<ul>{items}</ul>") if items else Html("")


def cards(rows: Iterable[tuple[str, str, str]]) -> Html:
    """Figures as cards: what it is, the figure, and what is said beneath."""
    shown = (
        f"<div><dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>"
        f"{f'<small>{escaped(beneath)}</small>' if beneath else ''}</div>"
        for name, value, beneath in rows
    )
    return Html(f'<dl class="cards">{"".join(shown)}</dl>')


def table(names: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Iterable[str] = (), best: int = -1) -> Html:
    """A table; the columns whose names are among `numbers` stand to the right, the row `best` is marked."""
    right = [name in set(numbers) for name in names]

    def cells(tag: str, row: Sequence[str]) -> str:
        kinds = [" class=number" if number else " class=first" if not at else "" for at, number in enumerate(right)]
        whole = [tag == "td" and number for number in right]
        shown = [_whole(cell) if one else escaped(cell) for cell, one in zip(row, whole, strict=True)]
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, shown, strict=True))

    body = "".join(f"<tr{' class=best' if at == best else ''}>{cells('td', row)}</tr>" for at, row in enumerate(rows))
    kind = "wide short" if len(rows) <= SHORT else "wide"
    return Html(
        f'<div class="{kind}"><table><thead><tr>{cells("th", names)}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _whole(cell: str) -> Html:
    """A figure that breaks, where it has to, before its interval alone."""
    value, _, interval = escaped(cell).partition(" (")
    return Html(f"<span>{value}</span>{f' <span>({interval}</span>' if interval else ''}")


def facts(rows: Iterable[tuple[str, str]]) -> Html:
    """Names and what is known, without a head."""
    body = "".join(
        f"<tr><th scope=row>{escaped(name)}</th><td>{escaped(said)}</td></tr>" for name, said in rows if said
    )
    return Html(f'<div class="wide facts"><table><tbody>{body}</tbody></table></div>')


def code(lines: Iterable[str]) -> Html:
    shown = "\n".join(escaped(line) for line in lines)
    return Html(f"<pre><code>{shown}</code></pre>")


def chart(figure: Figure, alt: str, caption: str = "", narrow: Mapping[str, Any] | None = None) -> Html:
    """A figure, drawn when the file is opened; `narrow` is what its layout has otherwise on a phone.

    Its texts went through `charts.safe`; as JSON it cannot end the script that it stands in.
    """
    height = int(figure.layout.height or 400)
    content = figure.to_json().replace("<", "\\u003c").replace("&", "\\u0026")
    below = f"<figcaption>{escaped(caption)}</figcaption>" if caption else ""
    otherwise = f' data-narrow="{escaped(json.dumps(narrow))}"' if narrow else ""
    return Html(
        f'<figure class="drawn"><div class="chart" role="img" aria-label="{escaped(alt)}"{otherwise} '
        f'style="height:{height}px"></div><script type="application/json">{content}</script>{below}</figure>'
    )


def pictures(shown: Sequence[tuple[bytes, str, str]], title: str = "") -> Html:
    """Thumbnails inside the file: bytes, what each is, a caption or nothing."""
    if not shown:
        return Html("")
    return together(Html(markup.figures(shown, title)))


def together(*parts: Html) -> Html:
    """What stays on one page."""
    return Html(f'<div class="together">{"".join(parts)}</div>')


def bars(counts: Sequence[tuple[str, int]], title: str = "") -> Html:
    return Html(markup.bars(counts, title))


@cache
def _library() -> str:
    from plotly.offline import get_plotlyjs

    return get_plotlyjs().replace("\r", "")


@cache
def _policy() -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (_library(), SCRIPT))
    scripts = " ".join(f"'sha256-{one}'" for one in digests)
    return (
        f"default-src 'none'; script-src {scripts}; img-src data: blob:; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'"
    )
