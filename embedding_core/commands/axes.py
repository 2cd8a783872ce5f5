"""Commands about the axes of an embedding, and about features that are joined with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embedding_core.commands.shared import replacing, run
from embedding_core.derived import matrices
from embedding_core.derived.feature_card import feature_card
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.axes.storing import BYTES
from embedding_core.export.matrices import FORMS, Matrix, written
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result


def pca(arguments: Namespace) -> Result:
    """Say what the axes of an embedding explain and show, how many keep the quality, and what goes without some."""
    out = None if arguments.out is None else _form(arguments.out)
    if arguments.numbers not in BYTES:
        raise InvalidInput(f"Numbers are stored as {', '.join(BYTES)}, not as {arguments.numbers!r}.")
    asked = {
        "keep": arguments.keep,
        "remove": _listed(arguments.remove),
        "properties": _listed(arguments.without),
        "whiten": arguments.whiten,
        "denoise": arguments.denoise,
    }
    if out is not None and not any(asked.values()):
        raise InvalidInput("--out writes reduced vectors: say which with --keep K, --remove 1,3 or --without PROPERTY.")
    done = run(
        arguments,
        "pca",
        encoder=arguments.encoder,
        version=arguments.version,
        seed=arguments.seed,
        **asked,
        **{"as": arguments.as_name},
    )
    if out is not None:
        workspace = Workspace.open(arguments.workspace)
        dataset, embedding, kept = matrices.reduced(workspace, done["trial"]["fingerprint"])
        matrix = matrices.reduced_matrix(workspace, dataset, embedding, kept, numbers=arguments.numbers)
        done["out"] = _write(matrix, out)
    return done


def features(arguments: Namespace) -> Result:
    """Join an embedding with metadata columns into one matrix, and say what each is worth."""
    out = None if arguments.out is None else _form(arguments.out)
    kinds = {}
    for one in arguments.kind:
        name, _, kind = one.rpartition("=")
        if not name:
            raise InvalidInput(f"--kind takes COLUMN=KIND, as size=number, not {one!r}.")
        kinds[name] = kind
    done = run(
        arguments,
        "features",
        encoder=arguments.encoder,
        version=arguments.version,
        columns=None if arguments.columns is None else _listed(arguments.columns),
        kinds=kinds or None,
        seed=arguments.seed,
    )
    if out is not None:
        workspace = Workspace.open(arguments.workspace)
        dataset, embedding, kept = matrices.joined(workspace, done["fingerprint"])
        matrix = matrices.features_matrix(workspace, dataset, embedding, kept)
        done["out"] = _write(matrix, out)
        card = out.with_suffix(".md")
        part = replacing(card)
        part.write_text(feature_card(kept.found, matrix), "utf-8")
        part.replace(card)
        done["card"] = str(card)
    return done


def _form(out: str) -> Path:
    """Where to write. Raises `InvalidInput` for an ending that is no form, before anything is worked out."""
    path = Path(out)
    if path.suffix.lstrip(".").lower() not in FORMS:
        raise InvalidInput(f"--out ends in .{' or .'.join(FORMS)}, and {path.name} does not.")
    replacing(path)
    return path


def _write(matrix: Matrix, out: Path) -> str:
    part = replacing(out)
    with part.open("wb") as file:
        for piece in written(matrix, out.suffix.lstrip(".").lower()):
            file.write(piece)
    part.replace(out)
    return str(out)


def _listed(given: str | None) -> list[str]:
    return [one.strip() for one in (given or "").split(",") if one.strip()]
