"""Commands that say how good an embedding is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.commands.shared import run

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result


def report(arguments: Namespace) -> Result:
    """Say how good an embedding is for the labels of a dataset, with controls; without labels, how steady it is."""
    return run(arguments, "report", encoder=arguments.encoder, version=arguments.version, seed=arguments.seed)
