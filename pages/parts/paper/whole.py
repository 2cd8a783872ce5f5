"""The report as one HTML file: its sections in their order, those left out of which nothing is stored."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pages.parts.paper import (
    about,
    axes,
    comparing,
    features,
    gaining,
    markup,
    methods,
    quality,
    repeating,
    training,
    tried,
    tuning,
)
from pages.parts.paper.markup import Html
from pages.parts.paper.stored import stored

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset, Workspace

SECTIONS = (
    about.images,
    quality.card,
    tried.advice,
    comparing.encoders,
    comparing.metrics,
    axes.axes,
    features.features,
    training.probes,
    training.searches,
    gaining.curve,
    gaining.ensembles,
    tuning.tuned,
    tried.tried,
    methods.methods,
    repeating.repeating,
)
_HEADING = re.compile(r'<section id="([a-z-]+)"[^>]*><h2>(.*?)</h2>')


def html(workspace: Workspace, dataset: Dataset, encoder: str) -> str:
    """The file. Reads what is stored, and works out nothing. Raises `NotEmbedded`."""
    now = time.time()
    found = stored(workspace, dataset, encoder)
    sections = Html("".join(section(found) for section in SECTIONS))
    return "".join(
        (
            markup.head(f"{dataset.name}: report"),
            f"<header>{about.opening(found, now)}</header>{_contents(sections)}<main>",
            sections,
            f"</main><footer>Written by Kindred, {datetime.fromtimestamp(now, UTC):%d %B %Y, %H:%M} UTC.</footer>",
            markup.tail(),
        )
    )


def _contents(sections: Html) -> Html:
    """Links to all sections; their titles are escaped already, and none of them is from outside."""
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in _HEADING.findall(sections))
    return Html(f'<nav aria-label="Contents"><ol>{links}</ol></nav>')
