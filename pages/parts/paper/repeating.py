"""All that is needed to repeat what the report holds: commands, versions of libraries, the machine, fingerprints."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from embedding_core.derived import encoders, targets
from embedding_core.derived.features import LOOKS
from embedding_core.encoders.imported import PREFIX as _OWN_VECTORS
from pages.parts import words
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, paragraph
from pages.parts.paper.telling import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pages.parts.paper.stored import One, Stored

LIBRARIES = (
    *("numpy", "scipy", "scikit-learn", "torch", "torchvision", "timm", "openvino", "optuna", "pillow"),
    *("opencv-python-headless", "numba", "evoc", "lancedb", "pyarrow", "safetensors", "skops", "plotly", "streamlit"),
)
_OWN = ("augmentation", "seed", "mode", "minutes", "epochs", "loss", "rate")  # told by options, or apart
_WHOLE = "python -m embedding_core"


def repeating(stored: Stored) -> Html:
    rows = [(what, moment(one.at), one.fingerprint, "yes" if one.current else "no") for what, one in _findings(stored)]
    parts = [
        paragraph(
            "With Kindred installed, the same images under the same name, and these commands in a shell. Findings are "
            "kept under a fingerprint of all that they were computed from: where that is the same, so is the finding."
        ),
        markup.code(commands(stored)),
        paragraph(_decided(stored), "note"),
        markup.heading("Findings in this report"),
        markup.table(["What", "Found (UTC)", "Fingerprint", "Images and labels as now"], rows) if rows else Html(""),
        markup.heading("Libraries"),
        markup.facts(libraries()),
        markup.heading("Machine"),
        markup.facts(machine()),
        paragraph("Libraries and machine are those that wrote this report.", "note"),
    ]
    return markup.section("repeat", "How to repeat it", *parts, leaf=True)


def _decided(stored: Stored) -> str:
    count = stored.dataset.decisions.count
    told = "PATH is the folder, archive or table that the images came from."
    if not count:
        return told
    name = shlex.quote(stored.dataset.name)
    return (
        f"{told} {words.count(count, 'decision')} on the images came after `add`: `{_WHOLE} decisions {name}` lists "
        "them, and `decide` takes such a list."
    )


def commands(stored: Stored) -> list[str]:
    """A command a line, each after what it needs; names as a shell takes them."""
    name, encoder = stored.dataset.name, stored.encoder
    labels, split = stored.dataset.label_source, stored.dataset.split_source
    used = _used(stored)
    lines = [_command("add", name, "PATH", labels=labels or None, split=split or None)]
    lines += [
        _command("embed", name, encoder=one) for one in used if not one.startswith((_OWN_VECTORS, encoders.PREFIX))
    ]
    lines += [
        _command("import-vectors", name, "FILE", **{"as": one.removeprefix(_OWN_VECTORS)})
        for one in used
        if one.startswith(_OWN_VECTORS)
    ]
    tuned = reversed(encoders.tuned(stored.workspace, stored.dataset.uuid))
    lines += [finetune(name, model.name, model.facts) for model in tuned if encoders.PREFIX + model.name in used]
    lines += _asked(stored, name, encoder)
    lines.append(f"python -m pages.paper {shlex.join([name])} --out report.html --encoder {shlex.quote(encoder)}")
    return lines


def _used(stored: Stored) -> list[str]:
    """The encoders that something in the report was found by, in the order in which they can be had."""
    found = [stored.encoder, *(encoders.PREFIX + one.model.name for one in stored.tuned)]
    found += [one.model.facts["base"] for one in stored.tuned]
    if stored.comparison is not None:
        found += stored.comparison.found.encoders
    if stored.ensembles is not None:
        found += [one.encoder for one in stored.ensembles.found.costs]
    return list(dict.fromkeys(found))


def _asked(stored: Stored, name: str, encoder: str) -> Iterator[str]:
    if stored.card is not None:
        yield _command("report", name, encoder=encoder, seed=stored.card.found.seed)
    if stored.comparison is not None:
        yield _command("compare", name, *stored.comparison.asked["encoders"], seed=stored.comparison.asked["seed"])
    if stored.metrics is not None:
        yield _command("metrics", name, encoder=encoder, seed=stored.metrics.asked["seed"])
    if stored.axes is not None:
        yield _command("pca", name, encoder=encoder, seed=stored.axes.asked["seed"])
    if stored.features is not None:
        yield _joined(name, encoder, stored.features.asked)
    for probed in stored.probes:
        families = ",".join(one.family for one in probed.found.families)
        seed = _seed(stored, probed, "probe")
        yield _command("probe", name, encoder=encoder, target=_target(probed.found.target), family=families, seed=seed)
    for one in stored.searches:
        search = one.found
        yield _command(
            "tune",
            name,
            encoder=encoder,
            target=_target(search.outer.target),
            minutes=search.minutes,
            sampler=search.sampler,
            pruner=search.pruner,
            seed=search.seed,
        )
    if stored.curve is not None:
        minutes = 0 if stored.scratch is None else stored.scratch.found.minutes
        yield _command(
            "learning-curve", name, encoder=encoder, seeds=stored.curve.asked["seeds"], scratch_minutes=minutes
        )
    if stored.ensembles is not None:
        looked = any(way.looks > 1 for way in stored.ensembles.found.ways)
        encoders = [one.encoder for one in stored.ensembles.found.costs]
        yield _command("ensemble", name, *encoders) + (" --tta" if looked else "")
    if stored.advice is not None:
        yield _command("improve", name, encoder=encoder)


def _seed(stored: Stored, one: One[Any], kind: str) -> int:
    """Of a finding that was recorded as a run."""
    return next((run.seed for run in stored.runs if run.kind == kind and run.result == one.fingerprint), 0)


def _target(name: str) -> str | None:
    return None if name == targets.LABEL else name


def _joined(dataset: str, encoder: str, asked: Mapping[str, Any]) -> str:
    line = _command("features", dataset, encoder=encoder, columns=",".join(asked["columns"]), seed=asked["seed"])
    kinds = ((name, kind) for name, kind in asked["columns"].items() if name != LOOKS)
    return line + "".join(f" --kind {shlex.quote(f'{name}={kind}')}" for name, kind in kinds)


def finetune(dataset: str, name: str, facts: Mapping[str, Any]) -> str:
    """The command that trains an encoder `name` by the recipe in a model's facts."""
    recipe = facts["recipe"]
    line = _command(
        "finetune",
        dataset,
        encoder=facts["base"],
        mode=recipe["mode"],
        minutes=recipe["minutes"],
        epochs=recipe["epochs"],
        loss=recipe["loss"],
        lr=recipe["rate"] or "auto",
        seed=recipe["seed"],
        name=name,
    )
    rest = {**{key: value for key, value in recipe.items() if key not in _OWN}, **recipe["augmentation"]}
    return line + "".join(f" --set {shlex.quote(f'{key}={_written(value)}')}" for key, value in rest.items())


def _command(verb: str, *words_: str, **options: Any) -> str:
    """Options that are None are left out."""
    told = [
        f"--{name.replace('_', '-')} {shlex.quote(_written(value))}"
        for name, value in options.items()
        if value is not None
    ]
    return " ".join([_WHOLE, verb, shlex.join(words_), *told])


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    short = f"{value:g}" if isinstance(value, float) else ""
    return short if short and float(short) == value else str(value)


def _findings(stored: Stored) -> Iterator[tuple[str, One[Any]]]:
    named = {
        "Report card": stored.card,
        "Next step": stored.advice,
        "Encoders compared": stored.comparison,
        "Ways to compare vectors": stored.metrics,
        "Axes": stored.axes,
        "Joined columns": stored.features,
        "Learning curve": stored.curve,
        "Learning from nothing": stored.scratch,
        "Ensembles": stored.ensembles,
    }
    yield from ((what, one) for what, one in named.items() if one is not None)
    yield from ((f"Probes of {one.found.target}", one) for one in stored.probes)
    yield from ((f"Search for {one.found.outer.target}", one) for one in stored.searches)


def libraries() -> list[tuple[str, str]]:
    """Those that are installed, with their versions."""
    found = [("Python", platform.python_version())]
    for name in LIBRARIES:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> list[tuple[str, str]]:
    """What it is, not whose: no name and no address."""
    return [
        ("System", f"{platform.system()} {platform.release()}"),
        ("Processor", f"{_processor()}, {words.count(os.cpu_count() or 1, 'core')}"),
        ("Memory", words.size(psutil.virtual_memory().total)),
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return f"{names[0]} ({platform.machine()})" if names else platform.processor() or platform.machine()
