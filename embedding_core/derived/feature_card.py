"""The model card of joined features, in Markdown: columns, how they were made, scores, data, licence, seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.effect.words import points
from embedding_core.evaluate.joined.blocks import MOST, RARE, TERMS
from embedding_core.evaluate.joined.features import EMBEDDING

if TYPE_CHECKING:
    from embedding_core.evaluate.joined.features import Features, Worth
    from embedding_core.export.matrices import Matrix

MADE = {
    "vectors": "scaled to length 1, centred",
    "number": "median where missing and a column that says so, centred, divided by the standard deviation",
    "date": "seconds since 1970, then as a number",
    "category": f"a column a value; values of fewer than {RARE} images, and those beyond {MOST}, together as `rare`",
    "text": f"TF-IDF of its words, the {TERMS} commonest",
}


def feature_card(found: Features, matrix: Matrix) -> str:
    """What whoever uses the matrix has to know."""
    about = matrix.about
    lines = [
        f"# Feature vectors of {about['dataset']}",
        "",
        f"{len(matrix.ids):,} images × {matrix.dim:,} numbers (float32), in the order of their paths.",
        "",
        "## Columns",
        "",
        "| block | from | columns | missing | how it was made |",
        "|---|---:|---:|---:|---|",
        *(
            f"| {_cell(one.name)} ({one.kind}) | {one.given:,} | {one.made:,} | {one.missing:.1%} | {MADE[one.kind]} |"
            for one in found.blocks
        ),
        "",
        "After that every block is centred and scaled to the same mean square a row (1), so that many columns do not "
        "drown few. Columns come block by block, the embedding first; `names` lists them.",
        "",
        f"Medians, words, categories and scales were taken from {found.fitted:,} images. "
        + (
            f"The {found.tested:,} images of the test part were not among them, so scores on those are honest."
            if found.tested
            else "No test part was kept apart: fit them anew inside your own cross-validation."
        ),
        "",
        "## Scores",
        "",
        *_scores(found),
        "",
        "## Where it comes from",
        "",
        f"- dataset: {about['dataset']}, version `{about['version']}`, fingerprint `{about['data']}`",
        f"- encoder: `{about['encoder']}`, licence: {about['encoder_licence']}; embedding `{about['embedding']}`",
        f"- finding: `{about['finding']}`, seed {about['seed']}, made {about['made']} by Kindred",
        "",
        "Made with scikit-learn's `ColumnTransformer`, `SimpleImputer`, `StandardScaler`, `OneHotEncoder` and "
        "`TfidfVectorizer`. Images keep the licence that they came with, and so may columns.",
        "",
    ]
    return "\n".join(lines)


def _scores(found: Features) -> list[str]:
    if found.gain is None:
        return ["There were no labels to score with."]
    lines = [
        f"A logistic regression told {found.judged:,} labelled images apart, a fifth at a time, near-duplicates "
        f"together, everything fitted on the other ones. Guessing gets {found.commonest:.1%}. Intervals are of 95 %.",
        "",
        "| block | alone | interval | what it adds to the others |",
        "|---|---:|---:|---:|",
        *(_row(one) for one in found.blocks),
        "",
        f"- embedding alone {found.gain.before:.1%}, all together {found.gain.after:.1%}: {points(found.gain)}",
    ]
    if found.test is not None:
        lines.append(
            f"- on {found.tested:,} untouched test images: {found.test.before:.1%} → {found.test.after:.1%}, "
            f"{points(found.test)}"
        )
    return [*lines, *([""] if found.warnings else []), *(f"**Warning.** {_cell(one)}" for one in found.warnings)]


def _row(one: Worth) -> str:
    band = "" if one.interval is None else f"{one.interval[0]:.1%} to {one.interval[1]:.1%}"
    adds = "" if one.adds is None else points(one.adds)
    name = "the embedding" if one.name == EMBEDDING else _cell(one.name)
    return f"| {name} | {one.alone or 0:.1%} | {band} | {adds} |"


def _cell(text: str) -> str:
    """Text from outside, which must not end a cell or begin a tag."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
