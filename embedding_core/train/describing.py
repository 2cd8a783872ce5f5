"""A model's README: what it answers, how good it is, what it was trained on, and where not to trust it.

After Mitchell et al. 2019, "Model cards for model reporting".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Accuracy, every label alike",
    "macro_f1": "F1, every label alike",
    "log_loss": "Log loss",
    "ece": "Calibration error",
    "ece_before": "Calibration error before calibration",
    "mae": "Mean error",
    "rmse": "Root mean square error",
    "r2": "R²",
    "spearman": "Rank correlation",
}

_CLASSES = 60  # that are listed


def readme(facts: Mapping[str, Any]) -> str:
    """As Markdown, from what `model.json` says."""
    lines = [
        f"# {facts['name']} for {_text(facts['target'])}",
        "",
        _answers(facts),
        "",
        "## How good it is",
        "",
        f"Judged once by {facts['tested']:,} images of the test part ({_part(facts)}), none of which was trained on, "
        "nor any near-duplicate of one. Intervals are of 95 %.",
        "",
        "| measure | value | interval | without looking |",
        "|---|---|---|---|",
    ]
    for name, one in facts["scores"].items():
        base = facts["baseline"].get(name)
        told = f"{base['value']:.4f}" if base else ""
        lines.append(
            f"| {WORDS.get(name, name)} | {one['value']:.4f} | {one['low']:.4f} to {one['high']:.4f} | {told} |"
        )
    lines += [
        "",
        "“Without looking” always says the most common label, or the mean.",
        "",
        "## What it was trained on",
        "",
        f"- Dataset: {_text(facts['dataset']['name'])}, version {_text(facts['dataset']['version'])}; "
        f"{facts['trained']:,} images",
        f"- Encoder: {_text(facts['encoder']['name'])} (`{facts['encoder']['id']}`), licence of its weights: "
        f"{_text(facts['encoder']['card']['licence'])}",
        f"- Fingerprints: data `{facts['data']}`, test part `{facts['test']}`, encoder "
        f"`{facts['encoder']['fingerprint']}`",
        f"- Parameters: {', '.join(f'{name} {value}' for name, value in facts['parameters'].items())}; seed "
        f"{facts['seed']}",
        f"- Versions: {', '.join(f'{name} {value}' for name, value in facts['versions'].items())}",
        "",
        "## Where not to trust it",
        "",
        "It knows images like those that it was trained on. Others are marked as unlike anything it has seen "
        f"(distance above {facts['unlike_from']:.4f}); its answer for those is a guess. It repeats what is wrong or "
        "unfair in the labels that it was given.",
        "",
        "## How to use it",
        "",
        "    python -m embedding_core predict THIS_FOLDER IMAGES --out predictions.csv",
        "",
        "The files hold no code: `model.skops` is read by skops with a fixed list of types, `arrays.safetensors` holds "
        "numbers alone.",
        "",
    ]
    return "\n".join(lines)


def _answers(facts: Mapping[str, Any]) -> str:
    if facts["task"] == "regression":
        return (
            f"Estimates the number “{_text(facts['target'])}” of an image. In 95 of 100 images like those it was "
            f"trained on, the truth lies within {facts['margin']:.4g} of it."
        )
    names = facts["classes"]
    more = f" and {len(names) - _CLASSES:,} more" if len(names) > _CLASSES else ""
    return f"Tells {len(names):,} labels apart: {', '.join(map(_text, names[:_CLASSES]))}{more}."


def _part(facts: Mapping[str, Any]) -> str:
    return "the dataset's own split" if facts["test_part"] == "split" else "drawn once and kept apart"


def _text(given: object) -> str:
    """Text from outside, on one line, so that Markdown shows it as it is."""
    line = " ".join(str(given).split())
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in line)
