"""The report of a dataset as a file: `python -m pages.paper NAME --out F.html|F.pdf [--encoder ID]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from streamlit import logger

from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput, KindredError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Write it; returns the exit status, 2 with one line on standard error where it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m pages.paper", description="The report of a dataset as a file.")
    parser.add_argument("name", help="of the dataset")
    parser.add_argument("--out", required=True, type=Path, metavar="F.html|F.pdf", help="the file to write")
    parser.add_argument("--encoder", metavar="ID", default=registry.DEFAULT, help="see `encoders`; default %(default)s")
    parser.add_argument("--workspace", help="a LanceDB URI; else KINDRED_WORKSPACE, else ./workspace")
    given = parser.parse_args(argv)
    try:
        pages = _write(given.name, given.out, given.encoder, given.workspace)
    except KindredError as error:
        print(f"kindred: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(f"out: {given.out}\nbytes: {pages:,}")
    return 0


def _write(name: str, out: Path, encoder: str, workspace_uri: str | None) -> int:
    """The number of bytes. Nothing half is ever at `out`. Raises what the report does, and `InvalidInput`."""
    logger.set_log_level("ERROR")  # it would wonder that no server runs
    from embedding_core.workspace import Workspace
    from pages.parts.paper import printing, whole

    if out.suffix.lower() not in (".html", ".pdf"):
        raise InvalidInput(f"A report is a file that ends in .html or .pdf, not {out.name}.")
    if not out.parent.is_dir():
        raise InvalidInput(f"The folder {out.parent} is not there. Make it first.")
    if out.suffix.lower() == ".pdf" and printing.browser() is None:
        raise printing.CannotPrint(printing.ADVICE)
    workspace = Workspace.open(workspace_uri)
    text = whole.html(workspace, workspace.dataset(name), encoder)
    content = printing.printed(text) if out.suffix.lower() == ".pdf" else text.encode()
    half = out.with_name(out.name + ".part")
    try:
        half.write_bytes(content)
        half.replace(out)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise InvalidInput(f"{out} could not be written: {error.strerror}.") from error
    return len(content)


if __name__ == "__main__":
    raise SystemExit(main())
