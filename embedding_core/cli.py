"""The command line. Every command prints for people, or one JSON object with --json; docs/cli.md is the contract.

Exit status: 0, also when some files were refused; 2 with one line on standard error, or `{"error": …}` under --json.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from embedding_core import commands
from embedding_core.errors import InvalidInput, KindredError

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Parser(argparse.ArgumentParser):
    """Raises instead of printing, so that --json holds for wrong arguments too."""

    def error(self, message: str) -> NoReturn:
        raise InvalidInput(f"{message}. Try: {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in given
    try:
        arguments = _parser().parse_args(given)
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
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _show(result)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m embedding_core", description="Kindred on the command line.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: commands.Command, *names: str) -> argparse.ArgumentParser:
        made = subparsers.add_parser(name, help=(run.__doc__ or "").split("\n", maxsplit=1)[0], description=run.__doc__)
        made.set_defaults(run=run)
        made.add_argument("--json", action="store_true", help="print one JSON object")
        made.add_argument("--workspace", help="a LanceDB URI; else KINDRED_WORKSPACE, else ./workspace")
        for positional in names:
            made.add_argument(positional)
        return made

    def encoder(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("--encoder", metavar="ID", help="see `encoders`; default efficientnet-lite0")
        return made

    add = command("add", commands.add, "name", "path")
    add.add_argument("--labels", default="auto", help="auto, folders, none, metadata or column:X")
    add.add_argument("--split", default="none", help="none, folders, prefix or column:X")
    add.add_argument("--embed", metavar="ID", nargs="?", const="", help="embed in the same pass, with this encoder")

    embed = encoder(command("embed", commands.embed, "name"))
    embed.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="ray: on a cluster, see docs/scale.md"
    )
    embed.add_argument("--address", metavar="URI", help="of a Ray cluster; without, one is started here")
    embed.add_argument("--workers", type=int, help="processes that hold a model each; by default as many as fit")

    near = encoder(command("neighbours", commands.find_neighbours, "name"))
    near.add_argument("--address", metavar="URI", help="of a Ray cluster; without, one is started here")
    near.add_argument("--duplicates", type=float, metavar="S", help="list groups at least so similar, 0 to 1")

    map_ = encoder(command("map", commands.draw_map, "name"))
    map_.add_argument("--method", default="umap", help="umap, pca or tsne")
    map_.add_argument("--dims", type=int, default=2, help="2 or 3")
    map_.add_argument("--seed", type=int, default=0)
    map_.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="a parameter of the method")
    map_.add_argument("--out", metavar="F.csv", help="write path,x,y[,z],trust,label")

    similar = encoder(command("similar", commands.similar, "name", "path"))
    similar.add_argument("-k", type=int, default=12, help="how many")
    similar.add_argument("--metric", default="cosine", help="cosine, dot, euclidean, manhattan or hamming")

    clusters = encoder(command("clusters", commands.find_clusters, "name"))
    clusters.add_argument("--method", default="kmeans", help="kmeans, hdbscan or evoc")
    clusters.add_argument("--k", type=int, help="clusters of kmeans; chosen by silhouette when not given")
    clusters.add_argument("--min-size", type=int, help="smallest cluster of hdbscan and evoc")
    clusters.add_argument("--seed", type=int, default=0)

    vectors = encoder(command("vectors", commands.vectors, "name"))
    vectors.add_argument("--out", required=True, metavar="F.npz", help="arrays vectors, labels, paths; no pickle")

    own = command("import-vectors", commands.import_vectors, "name", "file")
    own.add_argument("--as", dest="as_name", required=True, metavar="ID", help="what to call the encoder")

    relabel = command("label", commands.relabel, "name")
    relabel.add_argument("--labels", help="auto, folders, none, metadata or column:X")
    relabel.add_argument("--split", help="none, folders, prefix or column:X")
    relabel.add_argument("--join", metavar="TABLE", help="a CSV or Parquet with a column of paths")

    edit = command("edit", commands.edit, "name")
    edit.add_argument("--rename", metavar="NEW")
    edit.add_argument("--describe", metavar="TEXT")

    command("list", commands.list_datasets)
    for name, run in (("show", commands.show), ("delete", commands.delete)):
        command(name, run, "name")
    command("encoders", commands.encoders)
    command("warm", commands.warm)
    return parser


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
