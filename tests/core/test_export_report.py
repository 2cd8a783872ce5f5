"""The report: one file that asks for nothing, tells what it was told, and runs nothing that it was told."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from embedding_core import derived, export
from embedding_core.deciding.versions import snapshot
from embedding_core.effect import Effect
from embedding_core.effect.comparing import Changed
from embedding_core.export import telling
from embedding_core.records import Actor
from embedding_core.review.cases import Case
from embedding_core.review.decisions import Action, decided
from embedding_core.workspace import Dataset, Workspace
from tests.core.exported import EVIL, GOOD, dataset

EVE = Actor("eve", "Eve <b>")


class Reading(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def evil(workspace: Workspace) -> Dataset:
    return dataset(workspace, EVIL + GOOD, 'a "set" <img src=x onerror=alert(1)>')


def report(workspace: Workspace, one: Dataset, *more: export.Section) -> str:
    taken = export.take(
        one,
        snapshot(workspace, one, "now"),
        decisions=one.decisions.all(),
        sections=[*derived.story(workspace, one), *more],
    )
    (member,) = export.members(export.format_card("report"), taken)
    return b"".join(member.pieces).decode()


def test_a_report_asks_for_nothing_and_runs_nothing(workspace: Workspace, evil: Dataset) -> None:
    ids = evil.ids()
    evil.decisions.add(
        [
            decided(EVE, Action.REMOVE, [ids["cats/one.png"]], reason='"><script>alert(2)</script>'),
            decided(EVE, Action.RELABEL, [ids["dogs/two.png"]], value="<svg onload=alert(3)>"),
        ]
    )
    page = report(
        workspace, evil, export.Section("<i>x", "a & b", ((ids["dogs/two.png"], "'\" onclick=x"),), (("<u>",),))
    )
    read = Reading(page)
    allowed = {
        *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section"),
        *("h1", "h2", "h3", "p", "strong", "div", "span", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img"),
    }
    assert {tag for tag, _ in read.tags} <= allowed
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "img":
            assert re.fullmatch(r"data:image/(jpeg|webp);base64,[A-Za-z0-9+/=]+", attributes["src"] or "")
            assert attributes["alt"]
        else:
            assert not {"src", "href", "srcset", "action"} & attributes.keys()
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in page
    assert "alert(2)" in read.text, "it is told, as text"
    assert "\u202e" not in page


def test_a_report_tells_what_was_decided_by_whom_and_what_stands(workspace: Workspace) -> None:
    one = dataset(workspace, GOOD)
    ids = one.ids()
    mistake = decided(EVE, Action.REMOVE, [ids["dogs/two.jpg"]], reason="a slip")
    one.decisions.add(
        [
            decided(EVE, Action.REMOVE, [ids["cats/one.png"], ids["cats/ONE.png"]], finding="outliers", reason="alike"),
            decided(EVE, Action.RELABEL, [ids["plain/five.png"]], value="dog", finding="labels"),
            mistake,
        ]
    )
    one.decisions.add([decided(EVE, Action.UNDO, [], value=mistake.id)])
    text = Reading(report(workspace, one)).text
    assert "6 images in version “now”" in text
    assert "2 images of the dataset are not part of it." in text
    assert "2 decisions by Eve <b> stand behind it." in text
    assert "2 decisions stand, 1 was taken back." in text
    assert "a slip" not in text
    assert "no label → dog" in text
    assert "2 images removed, 1 image relabelled." in text


def test_findings_and_the_effect_are_told(workspace: Workspace) -> None:
    one = dataset(workspace, GOOD)
    ids = list(one.ids().values())
    cases = [Case("outliers", (image,), 1.0, f"reason {number}") for number, image in enumerate(ids * 2)]
    right = np.zeros((2, 40), bool)
    found = Effect(
        np.arange(40),
        np.arange(40, dtype=np.int32) % 2,
        np.arange(40),
        ~right,
        right,
        ~right,
        ("cat", "dog"),
        ("original", "now"),
        (100, 90),
        Changed(10, 0, 0),
        3,
        "split",
        False,
    )
    more = (telling.finding("Outliers", cases), telling.finding("Leakage", []), telling.effect(found))
    page = report(workspace, one, *more)
    text = Reading(page).text
    assert f"{len(cases)} cases found. The worst 12 are shown." in text
    assert "reason 11" in text
    assert "reason 12" not in text
    assert "Nothing was found." in text
    told = found.differences.accuracy
    assert 0.5 < told.low < told.high <= 1, "forty images do not vouch for all others"
    assert f"Accuracy +100.0 points ({100 * told.low:.1f} to {100 * told.high:.1f})" in text
    assert "3 images of that split were decided on" in text
