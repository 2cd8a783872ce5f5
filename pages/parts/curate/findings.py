"""The checks, one entry each: what a page calls it, the task that runs it, and how its findings are read.

A new check is one more entry in `FINDINGS`, in the order of the tabs: its tab, its card, its review and its routes
follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from embedding_core import derived
from pages.parts import words
from pages.parts.curate import asking, lines, panels
from pages.parts.curate.finding import Finding, UnknownFinding
from pages.parts.review import Act

KEEP = Act("keep", "Keep", "K")
REMOVE = Act("remove", "Remove", "R")
RELABEL = Act("relabel", "Relabel", "L")
UNSURE = Act("unsure", "Unsure", "U")
YES_OR_NO = (Act("yes", "Yes", "Y"), Act("no", "No", "N"), UNSURE)

DUPLICATES = Finding(
    kind="duplicates",
    title="Duplicates",
    icon=":material/content_copy:",
    looks_for="One picture in several files: the same pixels, or resized, cropped, recoloured, mirrored, turned.",
    task="duplicates",
    goes_by="the rules of this check",
    decodes=True,
    read=derived.read_duplicates,
    cases=lambda found, _: found.cases(),
    said=lambda found, cases: (
        f"**{words.count(len(cases), 'group')}** of copies: {sum(len(case.ids) - 1 for case in cases):,} could go."
        + (f" {words.count(len(found.bursts), 'scene')} photographed more than once." if len(found.bursts) else "")
    ),
    acts=(replace(REMOVE, title="Keep the best"), replace(KEEP, title="Keep all"), UNSURE),
    evidence="Compare",
    panel=panels.bursts,
)
OUTLIERS = Finding(
    kind="outliers",
    title="Outliers",
    icon=":material/scatter_plot:",
    looks_for="Images unlike all others, or unlike the rest of their label: strays, and things that do not belong.",
    task="outliers",
    goes_by="labels",
    read=derived.read_outliers,
    cases=lambda found, _: found.cases(),
    said=lambda found, cases: f"**{len(cases):,}** of {words.count(len(found.ids), 'image')} are unlike the others.",
    acts=(REMOVE, KEEP, RELABEL, UNSURE),
    evidence="What is nearest to it",
    move=derived.at_lines,
    line=lines.scored("Does this image not belong here?"),
)
LABELS = Finding(
    kind="labels",
    title="Labels",
    icon=":material/label_off:",
    looks_for="Images that look like another label than the one they have.",
    task="label_issues",
    goes_by="labels or known copies",
    read=derived.read_label_issues,
    cases=lambda found, _: found.cases(),
    said=lambda found, cases: (
        f"**{len(cases):,}** of {words.count(found.share.labelled, 'label')} to look at. {found.expected}"
    ),
    acts=(RELABEL, replace(KEEP, title="Label is right"), REMOVE, UNSURE),
    evidence="Look-alikes that speak for it",
    labelled=True,
    move=derived.at_lines,
    line=lines.scored("Is this label wrong?"),
    panel=panels.labels,
)
LEAKAGE = Finding(
    kind="leakage",
    title="Leakage",
    icon=":material/water_drop:",
    looks_for="Images of one group in more than one split: a model is tested on what it has learned by heart.",
    task="leakage",
    decodes=True,
    goes_by="labels, splits or known copies",
    read=derived.read_leakage,
    cases=lambda found, _: found.cases(),
    said=lambda found, _: found.said,
    acts=(replace(REMOVE, title="Keep those marked"), replace(KEEP, title="Keep all"), UNSURE),
    evidence="Compare",
    split=True,
    panel=panels.leakage,
)
PHOTOS = Finding(
    kind="photos",
    title="Photographs",
    icon=":material/blur_on:",
    looks_for="Dark, bright, blurred, near-empty, tiny or oddly shaped pictures, against the rest of the set.",
    task="photos",
    goes_by="the rules of this check",
    decodes=True,
    read=derived.read_photos,
    cases=lambda found, _: found.cases(),
    said=lambda found, cases: (
        f"**{words.count(len(cases), 'photograph')}** of {len(found.ids):,} beyond a line. "
        + " · ".join(
            f"{words.part(kind)}\N{NO-BREAK SPACE}{count:,}" for kind, count in found.counts().items() if count
        )
    ),
    acts=(REMOVE, KEEP, UNSURE),
    evidence="Compare",
    embedded=False,
    move=derived.at_lines,
    panel=panels.photos,
    part=lambda found, kind: found.cases(kind),
)
BALANCE = Finding(
    kind="balance",
    title="Balance",
    icon=":material/balance:",
    looks_for="Labels with few images, thin regions, what could go, and what goes together with the label.",
    task="balance",
    decodes=True,
    goes_by="labels, columns or vectors",
    read=derived.read_balance,
    cases=lambda found, _: (),
    said=lambda found, _: words.plain(found.words),
    acts=(),
    evidence="",
    embedded=False,
    panel=panels.balance,
)
NEXT = Finding(
    kind="next",
    title="Next",
    icon=":material/new_label:",
    looks_for="Images that are most worth a label: typical ones, odd ones, and those that are hard to tell.",
    task="next",
    goes_by="labels",
    read=derived.read_next,
    cases=lambda found, _: found.cases(),
    said=lambda found, cases: f"**{len(cases):,}** images to label next, the most useful first. {found.note}",
    acts=(replace(RELABEL, title="Label"), replace(KEEP, title="Leave as it is"), REMOVE, UNSURE),
    evidence="Compare",
    faults=False,
)
NEW = Finding(
    kind="new",
    title="New",
    icon=":material/fiber_new:",
    looks_for="Images unlike anything in another set: what a model that knows that one has never seen.",
    task="drift",
    read=derived.read_drift,
    cases=lambda found, _: found.cases(),
    goes_by="the sets that were compared",
    said=lambda found, _: words.plain(found.verdict),
    acts=(KEEP, REMOVE, RELABEL, UNSURE),
    evidence="The nearest of what was there",
    pairs=True,
    faults=False,
    ask=asking.against,
    panel=panels.new,
)

FINDINGS: Mapping[str, Finding] = {
    one.kind: one for one in (DUPLICATES, OUTLIERS, LABELS, LEAKAGE, PHOTOS, BALANCE, NEXT, NEW)
}


def finding(kind: str) -> Finding:
    """Raises `UnknownFinding`."""
    if kind not in FINDINGS:
        raise UnknownFinding(kind, FINDINGS)
    return FINDINGS[kind]
