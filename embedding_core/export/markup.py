"""The pieces of a report's HTML. Every text that goes in is escaped here, and nowhere else."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d8dee6;--back:#fff;--bar:#3f6fd8}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf4;--soft:#9aa7b8;--line:#303a47;--back:#12171e;--bar:#7ea2f2}}
*{box-sizing:border-box}body{margin:0 auto;max-width:64rem;padding:2rem 1.25rem 4rem;background:var(--back);
color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:anywhere}
h1{font-size:2rem;line-height:1.2;margin:0 0 .5rem}h2{font-size:1.3rem;margin:2.5rem 0 .5rem}
h3{font-size:1rem;margin:1.5rem 0 .5rem}p{margin:.25rem 0 1rem;max-width:44rem}
header p{margin-bottom:.5rem}
header p,footer,figcaption,summary{color:var(--soft)}footer{margin-top:3rem;font-size:.85rem}
header strong{color:var(--ink)}
section{border-top:1px solid var(--line);margin-top:2rem}section h2{margin-top:1rem}
.wide{overflow-x:auto;margin:0 0 1rem}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem 1.25rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:500}
.bar{display:block;height:.6rem;background:var(--bar);border-radius:2px;min-width:2px}
td.long{width:50%}.told{--least:10rem}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(var(--least,6.5rem),1fr));gap:.75rem;
margin:0 0 1rem}figure{margin:0}
figure img{width:100%;
aspect-ratio:1;object-fit:contain;background:rgba(128,128,128,.12);
border-radius:6px;display:block}figcaption{font-size:.75rem;line-height:1.3;margin-top:.25rem}
summary{cursor:pointer;margin:1rem 0}@media print{section{break-inside:avoid-page}}
"""
_SHORT = 40  # characters of a caption that a narrow column takes
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def escaped(text: str) -> str:
    """The text as HTML shows it; characters that are none, or turn the order of writing, become �."""
    return html.escape("".join(char if char.isprintable() else "�" for char in text))


def many(count: int, noun: str) -> str:
    """As "1 image" or "1,204 images"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def head(title: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{_STYLE}</style></head><body>\n"
    )


def section(title: str, text: str) -> str:
    """The beginning of a section, which the caller closes."""
    paragraphs = "".join(f"<p>{escaped(one)}</p>" for one in text.split("\n") if one.strip())
    return f"\n<section><h2>{escaped(title)}</h2>{paragraphs}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table, the first row being its head."""
    first, *others = rows
    heads = "".join(f'<th scope="col">{escaped(cell)}</th>' for cell in first)
    body = "".join("<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in row) + "</tr>" for row in others)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def bars(counts: Sequence[tuple[str, int]], title: str = "") -> str:
    """Names with their counts, as bars."""
    most = max((count for _, count in counts), default=1)
    rows = "".join(
        f'<tr><td>{escaped(name)}</td><td>{count:,}</td><td class="long">'
        f'<span class="bar" style="width:{100 * count / max(most, 1):.1f}%"></span></td></tr>'
        for name, count in counts
    )
    heading = f"<h3>{escaped(title)}</h3>" if title else ""
    return f'{heading}<div class="wide"><table style="width:100%"><tbody>{rows}</tbody></table></div>'


def figures(pictures: Sequence[tuple[bytes, str, str]], title: str = "") -> str:
    """Pictures (bytes, what they are, a caption or nothing) inside the page."""
    if not pictures:
        return ""
    shown = []
    for content, name, said in pictures:
        kind = "webp" if content[8:12] == b"WEBP" else "jpeg"
        source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
        caption = f"<figcaption>{escaped(said)}</figcaption>" if said else ""
        shown.append(f'<figure><img src="{source}" alt="{escaped(name)}" title="{escaped(name)}">{caption}</figure>')
    heading = f"<h3>{escaped(title)}</h3>" if title else ""
    told = " told" if max(len(said) for _, _, said in pictures) > _SHORT else ""
    return f'{heading}<div class="pictures{told}">{"".join(shown)}</div>'
