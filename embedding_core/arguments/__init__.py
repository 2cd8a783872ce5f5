"""What the command line takes: every command with its arguments, in groups."""

from __future__ import annotations

import argparse
from typing import NoReturn

from embedding_core.arguments import curating, exploring, improving
from embedding_core.commands.shared import Command
from embedding_core.errors import InvalidInput


class _Parser(argparse.ArgumentParser):
    """Raises instead of printing, so that --json holds for wrong arguments too."""

    def error(self, message: str) -> NoReturn:
        raise InvalidInput(f"{message}. Try: {self.prog} --help")


def parser() -> argparse.ArgumentParser:
    whole = _Parser(prog="python -m embedding_core", description="Kindred on the command line.")
    subparsers = whole.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: Command, *names: str) -> argparse.ArgumentParser:
        made = subparsers.add_parser(name, help=(run.__doc__ or "").split("\n", maxsplit=1)[0], description=run.__doc__)
        made.set_defaults(run=run)
        made.add_argument("--json", action="store_true", help="print one JSON object")
        made.add_argument("--workspace", help="a LanceDB URI; else KINDRED_WORKSPACE, else ./workspace")
        for positional in names:
            made.add_argument(positional)
        return made

    for take in (*exploring.GROUPS, *curating.GROUPS, *improving.GROUPS):
        take(command)
    return whole
