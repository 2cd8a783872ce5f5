"""Commands that hold encoders, and metrics, against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.commands.shared import run

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result


def compare(arguments: Namespace) -> Result:
    """Compare encoders on the same images: quality with intervals, speed, size, and which one to take."""
    return run(
        arguments,
        "compare",
        encoders=arguments.encoders,
        embed=arguments.embed,
        remeasure=arguments.remeasure,
        version=arguments.version,
        seed=arguments.seed,
    )


def metrics(arguments: Namespace) -> Result:
    """Compare metrics on your labels, and say what fewer bytes an image cost."""
    return run(arguments, "metrics", encoder=arguments.encoder, version=arguments.version, seed=arguments.seed)
