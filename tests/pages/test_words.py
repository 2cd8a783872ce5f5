"""Words of the interface: every stage that work reports has some."""

from __future__ import annotations

import re
from pathlib import Path

import embedding_core
from pages.parts import work
from pages.parts.curate import findings

STAGE = re.compile(r'progress\(\s*"([a-z ]+)"|_Looking\([^)]*"([a-z ]+)"')


def test_every_stage_that_the_core_reports_has_words() -> None:
    core = Path(embedding_core.__file__).parent
    sources = [path.read_text("utf-8") for path in core.rglob("*.py")]
    said = {stage for source in sources for found in STAGE.findall(source) for stage in found if stage}
    assert {"reading", "looking", "comparing pictures", "training"} <= said, "they are found in the sources"
    assert said - set(work.STAGES) == set()


def test_the_job_of_every_check_has_words() -> None:
    assert {one.task for one in findings.FINDINGS.values()} <= set(work.KINDS)
