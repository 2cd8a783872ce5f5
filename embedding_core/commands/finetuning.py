"""The command that fine-tunes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core.commands.shared import Result, run
from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

_SETTINGS = ("loss", "epochs", "minutes", "seed")


def finetune(arguments: Namespace) -> Result:
    """Train a network further on the labels, and say what it is worth on the untouched test part."""
    recipe: dict[str, Any] = {
        name: getattr(arguments, name) for name in _SETTINGS if getattr(arguments, name) is not None
    }
    if arguments.lr is not None:
        recipe["rate"] = _rate(arguments.lr)
    for one in arguments.set:
        name, equals, value = one.partition("=")
        if not equals:
            raise InvalidInput(f"A setting is given as NAME=VALUE, such as batch=16, not {one!r}.")
        recipe[name] = _value(value)
    return run(
        arguments,
        "finetune",
        encoder=arguments.encoder,
        mode=arguments.mode,
        recipe=recipe,
        tuned=arguments.tuned,
        resume=arguments.resume,
    )


def take(parser: ArgumentParser) -> None:
    """The arguments of `finetune`, besides dataset and encoder."""
    parser.add_argument("--mode", choices=("head", "last", "all", "lora"), default="last", help="what is trained")
    parser.add_argument("--minutes", type=float, help="of training at most")
    parser.add_argument("--epochs", type=int, help="at most")
    parser.add_argument("--loss", choices=("cross-entropy", "supcon", "triplet"), help="what is minimised")
    parser.add_argument("--lr", metavar="RATE", help="the learning rate of the last block, or auto for a range test")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--name", dest="tuned", metavar="NEW", help="what the new encoder is called, after tuned:")
    parser.add_argument("--resume", action="store_true", help="go on with a training of that --name that was killed")
    parser.add_argument(
        "--set", metavar="SETTING=VALUE", action="append", default=[], help="any other setting of the recipe"
    )


def _rate(given: str) -> float:
    if given == "auto":
        return 0.0
    try:
        found = float(given)
    except ValueError:
        found = 0.0
    if found <= 0:
        raise InvalidInput(f"--lr is a number above 0, or auto, not {given!r}.")
    return found


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
