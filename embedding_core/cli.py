"""The command line. Every command prints for people, or one JSON object with --json; docs/cli.md is the contract.

Exit status: 0, also when some files were refused; 2 with one line on standard error, or `{"error": …}` under --json.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from embedding_core.arguments import parser
from embedding_core.errors import KindredError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in given
    try:
        arguments = parser().parse_args(given)
        result = arguments.run(arguments)
    except KindredError as error:
        line = " ".join(str(error).split())
        if as_json:
            print(json.dumps({"error": line}, ensure_ascii=False))
        else:
            print(f"kindred: {line}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("kindred: stopped; what was committed stays, and the same command goes on from there", file=sys.stderr)
        return 130
    try:
        print(json.dumps(result, ensure_ascii=False)) if as_json else _show(result)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has seen enough, as `head`; Python would flush once more as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _show(result: dict[str, Any], indent: str = "") -> None:
    """A result as indented lines, lists of tables as rows."""
    for key, value in result.items():
        if isinstance(value, dict):
            print(f"{indent}{key}:")
            _show(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            print(f"{indent}{key}:")
            for row in value:
                print(f"{indent}  " + "  ".join(f"{name}={_plain(cell)}" for name, cell in row.items()))
        else:
            print(f"{indent}{key}: {_plain(value)}")


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "none"
    # File names may hold control characters, which a terminal would obey.
    return "".join(char if char.isprintable() else "�" for char in str(value))
