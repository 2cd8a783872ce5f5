"""Arguments that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

Maker = Callable[..., "argparse.ArgumentParser"]  # of a command: its name, what runs it, its positional arguments


def engine(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="ray: on a cluster, see docs/scale.md"
    )
    address(made)


def address(made: argparse.ArgumentParser) -> None:
    made.add_argument("--address", metavar="URI", help="of a Ray cluster; without, one is started here")


def version(made: argparse.ArgumentParser) -> None:
    made.add_argument("--version", metavar="V", help="only what that version holds, see `versions`")


def encoder(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument("--encoder", metavar="ID", help="see `encoders`; default efficientnet-lite0")
    return made


def line(made: argparse.ArgumentParser) -> None:
    made.add_argument("--line", metavar="VALUE", help="move the line, for the pages as well; `set` sets it back")


def who(made: argparse.ArgumentParser) -> None:
    made.add_argument("--who", metavar="NAME", help="who decides")
