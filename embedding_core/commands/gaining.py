"""Commands that say how far labels carry, and what several encoders are worth together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.commands.shared import run

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result


def learning_curve(arguments: Namespace) -> Result:
    """Say what more labels would bring, how few suffice, and how that stands against training from nothing."""
    return run(
        arguments,
        "learning_curve",
        encoder=arguments.encoder,
        seeds=arguments.seeds,
        scratch_minutes=arguments.scratch_minutes,
    )


def ensemble(arguments: Namespace) -> Result:
    """Say what several encoders are worth together, and what that costs."""
    return run(
        arguments,
        "ensemble",
        encoders=arguments.encoders,
        tta=arguments.tta,
        keep=arguments.keep,
    )
