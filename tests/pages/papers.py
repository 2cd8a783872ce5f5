"""The report taken apart: its figures, its addresses, and its text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

LEADS_OUT = ("src", "href", "srcset", "data", "action", "poster", "background", "xlink:href")


@dataclass
class Paper:
    text: str = ""
    figures: list[dict[str, Any]] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)  # that run
    tags: set[str] = field(default_factory=set)
    handlers: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    policy: str = ""


def read(html: str) -> Paper:
    found = Paper()
    _Reader(found).feed(html)
    return found


class _Reader(HTMLParser):
    def __init__(self, found: Paper) -> None:
        super().__init__(convert_charrefs=True)
        self._found, self._inside = found, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._found.tags.add(tag)
        self._found.addresses += [given[name] for name in LEADS_OUT if name in given]
        self._found.handlers += [name for name in given if name.startswith("on")]
        if tag == "section":
            self._found.sections.append(given.get("id", ""))
        if given.get("http-equiv") == "Content-Security-Policy":
            self._found.policy = given["content"]
        if tag in ("script", "style"):
            self._inside = given.get("type") or tag
            if self._inside == "script":
                self._found.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "application/json":
            self._found.figures.append(json.loads(data))
        elif self._inside == "script":
            self._found.scripts[-1] += data
        elif not self._inside:
            self._found.text += data.replace("\u00a0", " ")
