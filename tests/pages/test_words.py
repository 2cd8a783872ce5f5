"""Words of the interface: every stage that work reports has some."""

from __future__ import annotations

import re
from pathlib import Path

import embedding_core
from pages.parts import words

STAGE = re.compile(r'progress\(\s*"([a-z ]+)"|_Looking\([^)]*"([a-z ]+)"')


def test_every_stage_that_the_core_reports_has_words() -> None:
    core = Path(embedding_core.__file__).parent
    sources = [path.read_text("utf-8") for path in core.rglob("*.py")]
    said = {stage for source in sources for found in STAGE.findall(source) for stage in found if stage}
    assert {"reading", "looking", "comparing pictures", "training"} <= said, "they are found in the sources"
    assert said - set(words.STAGES) == set()


def test_every_task_that_pages_submit_has_words() -> None:
    pages = Path(words.__file__).parent.parent
    submitted = set()
    for path in pages.rglob("*.py"):
        submitted |= set(
            re.findall(
                r'(?:jobs|runner\(\))\.(?:jobs\.submit|runner\(\)\.(?:submit|call))\(\s*"([a-z_]+)"|task="([a-z_]+)"', path.read_text("utf-8")
            )
        )
    names = {name for found in submitted for name in found if name}
    assert {"prepare", "duplicates", "search"} <= names
    assert names - set(words.KINDS) == set()
