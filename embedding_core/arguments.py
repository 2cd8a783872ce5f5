"""What the command line takes: every command with its arguments, in groups."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn

from embedding_core.commands import (
    axes,
    comparing,
    curating,
    deciding,
    exploring,
    exporting,
    filling,
    finetuning,
    gaining,
    improving,
    keeping,
    preparing,
    scoring,
    training,
)
from embedding_core.commands.shared import Command
from embedding_core.errors import InvalidInput
from embedding_core.export.registry import FORMATS

_Maker = Callable[..., argparse.ArgumentParser]


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

    _filling(command)
    _exploring(command)
    _preparing(command)
    _curating(command)
    _keeping(command)
    _deciding(command)
    _exporting(command)
    _improving(command)
    _comparing(command)
    _axes(command)
    _training(command)
    _gaining(command)
    finetuning.take(_encoder(command("finetune", finetuning.finetune, "name")))
    return whole


def _filling(command: _Maker) -> None:
    add = command("add", filling.add, "name", "path")
    add.add_argument("--labels", default="auto", help="auto, folders, none, metadata or column:X")
    add.add_argument("--split", default="none", help="none, folders, prefix or column:X")
    add.add_argument("--embed", metavar="ID", nargs="?", const="", help="embed in the same pass, with this encoder")

    embed = _encoder(command("embed", filling.embed, "name"))
    _version(embed)
    _engine(embed)
    embed.add_argument("--workers", type=int, help="processes that hold a model each; by default as many as fit")

    near = _encoder(command("neighbours", exploring.find_neighbours, "name"))
    _address(near)
    near.add_argument("--duplicates", type=float, metavar="S", help="list groups at least so similar, 0 to 1")


def _exploring(command: _Maker) -> None:
    map_ = _encoder(command("map", exploring.draw_map, "name"))
    map_.add_argument("--method", default="umap", help="umap, pca or tsne")
    map_.add_argument("--dims", type=int, default=2, help="2 or 3")
    map_.add_argument("--seed", type=int, default=0)
    map_.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="a parameter of the method")
    map_.add_argument(
        "--place", action="store_true", help="put new images on the last map drawn so; no other one moves"
    )
    map_.add_argument("--out", metavar="F.csv", help="write path,x,y[,z],trust,label")
    _version(map_)

    similar = _encoder(command("similar", exploring.similar, "name", "path"))
    similar.add_argument("-k", type=int, default=12, help="how many")
    similar.add_argument("--metric", default="cosine", help="cosine, dot, euclidean, manhattan or hamming")
    similar.add_argument("--exact", action="store_true", help="compare with every image, also where there is an index")

    _encoder(command("index", exploring.build_index, "name"))

    clusters = _encoder(command("clusters", exploring.find_clusters, "name"))
    clusters.add_argument("--method", default="kmeans", help="kmeans, hdbscan or evoc")
    clusters.add_argument("--k", type=int, help="clusters of kmeans; chosen by silhouette when not given")
    clusters.add_argument("--min-size", type=int, help="smallest cluster of hdbscan and evoc")
    clusters.add_argument("--seed", type=int, default=0)
    _version(clusters)
    _engine(clusters)


def _preparing(command: _Maker) -> None:
    leakage = _encoder(command("leakage", preparing.leakage, "name"))
    split = _encoder(command("split", preparing.split, "name"))
    for made in (leakage, split):
        made.add_argument("--column", metavar="X", help="images with one value of it belong together as well")
        made.add_argument("--seed", type=int, default=0)
    split.add_argument("--shares", default="train=.7,val=.15,test=.15", metavar="NAME=SHARE,…")
    split.add_argument("--apply", action="store_true", help="set it; else it is only told")
    split.add_argument("--back", action="store_true", help="make none: bring back the split that was replaced last")

    chosen = _encoder(command("next", preparing.choose_next, "name"))
    chosen.add_argument("-n", type=int, default=50, help="how many")
    chosen.add_argument("--by", default="combined", help="combined, diverse, typical or uncertain")
    chosen.add_argument("--seed", type=int, default=0)

    spread = _encoder(command("propagate", preparing.propagate, "name"))
    spread.add_argument("--precision", type=float, default=0.95, help="wanted of those that count as confident")
    spread.add_argument("--seed", type=int, default=0)

    drift = _encoder(command("drift", preparing.drift, "name"))
    drift.add_argument("other", nargs="?", help="the dataset that is held against NAME")
    drift.add_argument("--by", metavar="COLUMN:VALUE", help="or the images of NAME with this value, against the rest")
    drift.add_argument("--since", metavar="COLUMN:VALUE", help="or those with this value or a higher one, as a date")
    drift.add_argument("--prefix", metavar="PATH", help="or those whose path begins so")
    drift.add_argument("--split", nargs=2, metavar=("FIRST", "SECOND"), help="or one split against another")
    drift.add_argument("--seed", type=int, default=0)


def _curating(command: _Maker) -> None:
    _encoder(command("check", curating.check, "name"))
    _encoder(command("duplicates", curating.duplicates, "name"))

    odd = _encoder(command("outliers", curating.outliers, "name"))
    odd.add_argument("-n", type=int, help="how many, by default all")
    _line(odd)

    wrong = _encoder(command("label-issues", curating.label_issues, "name"))
    wrong.add_argument("-n", type=int, help="how many, by default all that are labelled")
    wrong.add_argument("--seed", type=int, default=0)
    _line(wrong)

    photos = _encoder(command("photos", curating.photos, "name"))
    photos.add_argument("--turned", action="store_true", help="find what lies turned as well; takes longer")
    photos.add_argument(
        "--line",
        action="append",
        default=[],
        metavar="KIND=VALUE",
        help="move the line of a kind, for the pages as well; KIND=set sets it back to where the set draws it",
    )

    balance = _encoder(command("balance", curating.balance, "name"))
    balance.add_argument("--radius", type=float, metavar="S", help="similarity from which one image stands for another")
    balance.add_argument(
        "--keep-covered", type=float, default=1.0, metavar="SHARE", help="of the images; what could go is listed"
    )


def _line(made: argparse.ArgumentParser) -> None:
    made.add_argument("--line", metavar="VALUE", help="move the line, for the pages as well; `set` sets it back")


def _keeping(command: _Maker) -> None:
    vectors = _encoder(command("vectors", keeping.vectors, "name"))
    vectors.add_argument("--out", required=True, metavar="F.npz", help="arrays vectors, labels, paths; no pickle")

    own = command("import-vectors", filling.import_vectors, "name", "file")
    own.add_argument("--as", dest="as_name", required=True, metavar="ID", help="what to call the encoder")

    relabel = command("label", filling.relabel, "name")
    relabel.add_argument("--labels", help="auto, folders, none, metadata or column:X")
    relabel.add_argument("--split", help="none, folders, prefix or column:X")
    relabel.add_argument("--join", metavar="TABLE", help="a CSV or Parquet with a column of paths")

    edit = command("edit", filling.edit, "name")
    edit.add_argument("--rename", metavar="NEW")
    edit.add_argument("--describe", metavar="TEXT")

    command("list", keeping.list_datasets)
    for name, run in (("show", keeping.show), ("delete", keeping.delete)):
        command(name, run, "name")
    command("encoders", keeping.encoders)
    command("warm", keeping.warm)


def _deciding(command: _Maker) -> None:
    decide = command("decide", deciding.decide, "name")
    decide.add_argument("file", nargs="?", metavar="FILE.csv", help="path,action[,label|value][,reason][,finding]")
    decide.add_argument("--undo", metavar="ID", help="take one decision back, see `decisions`")
    _who(decide)

    log = command("decisions", deciding.log, "name")
    log.add_argument("-n", type=int, metavar="N", help="only the last N")

    command("versions", deciding.list_versions, "name")
    version = command("version", deciding.freeze, "name", "version")
    version.add_argument("--note", default="", metavar="TEXT")
    _who(version)

    differ = command("difference", deciding.differ, "name", "first", "second")
    differ.add_argument("-n", type=int, default=100, metavar="N", help="images that are listed of each kind")


def _who(made: argparse.ArgumentParser) -> None:
    made.add_argument("--who", metavar="NAME", help="who decides")


def _exporting(command: _Maker) -> None:
    export = _encoder(command("export", exporting.export_version, "name"))
    export.add_argument("--format", required=True, metavar="F", help=", ".join(FORMATS))
    export.add_argument("--out", required=True, metavar="PATH", help="a folder or a file; with .zip a ZIP")
    export.add_argument("--version", metavar="V", help="original, now (the default) or a name, see `versions`")

    effect = _encoder(command("effect", exporting.effect, "name"))
    effect.add_argument("--from", dest="first", metavar="V", help="by default original")
    effect.add_argument("--to", dest="second", metavar="W", help="by default now")

    repair = _encoder(command("repair", exporting.repair, "name"))
    repair.add_argument("--steps", metavar="A,B", help="by default all that can be tried")
    repair.add_argument("--version", metavar="V", help="by default now")
    for made in (effect, repair):
        made.add_argument("--seeds", type=int, help="trainings of each; by default 8")


def _improving(command: _Maker) -> None:
    _version(_encoder(command("measure", improving.measure, "name")))
    improve = _encoder(command("improve", improving.improve, "name"))
    improve.add_argument("--do", metavar="KIND:TARGET", help="a step, as `improve` without it names them")
    tried = command("runs", improving.list_runs, "name")
    tried.add_argument("--compare", nargs=2, metavar=("FIRST", "SECOND"), help="ids of two runs, or how they begin")
    tried.add_argument("--mlflow", metavar="URI", help="send them to a tracking server, or to sqlite:///FILE")
    card = _encoder(command("report", scoring.report, "name"))
    card.add_argument("--version", metavar="V", help="by default now, see `versions`")
    card.add_argument("--seed", type=int, default=0)


def _comparing(command: _Maker) -> None:
    compare = command("compare", comparing.compare, "name")
    compare.add_argument("encoders", nargs="*", metavar="ENCODER", help="by default all that have embedded the images")
    compare.add_argument("--embed", action="store_true", help="embed what is missing first")
    compare.add_argument("--remeasure", action="store_true", help="measure speed anew; else what was measured is kept")
    metrics = _encoder(command("metrics", comparing.metrics, "name"))
    for made in (compare, metrics):
        _version(made)
        made.add_argument("--seed", type=int, default=0)


def _axes(command: _Maker) -> None:
    pca = _encoder(command("pca", axes.pca, "name"))
    pca.add_argument("--keep", metavar="K", help="try K axes of those that are left, or `enough` to keep the quality")
    pca.add_argument("--remove", metavar="1,3", help="try without these axes")
    pca.add_argument("--without", metavar="A,B", help="try without these columns or image properties, as brightness")
    pca.add_argument("--whiten", action="store_true", help="make every axis as wide as every other one")
    pca.add_argument("--denoise", action="store_true", help="draw what is kept back to as many numbers as before")
    pca.add_argument("--as", dest="as_name", metavar="ID", help="keep the vectors that come of it as an encoder")
    pca.add_argument("--out", metavar="F", help="write them, with all that new images need: .npz or .parquet")
    pca.add_argument("--numbers", default="float32", help="in that file: float32, float16 or int8")

    joined = _encoder(command("features", axes.features, "name"))
    joined.add_argument("--columns", metavar="A,B", help="which, `image properties` among them; by default all")
    joined.add_argument(
        "--kind", action="append", default=[], metavar="COLUMN=KIND", help="number, date, category, text"
    )
    joined.add_argument("--out", metavar="F", help="write the matrix as .npz or .parquet, and a model card beside it")
    for made in (pca, joined):
        made.add_argument("--seed", type=int, default=0)
        _version(made)


def _training(command: _Maker) -> None:
    probe = _encoder(command("probe", training.probe, "name"))
    probe.add_argument("--target", metavar="COLUMN", help="what to learn: label (the default) or a metadata column")
    probe.add_argument("--family", metavar="F,G", help="families of probes, by default all; see docs/cli.md")
    probe.add_argument("--out", metavar="DIR", help="write the one that cross-validates best; with .zip a ZIP")
    probe.add_argument("--save", metavar="NAME", help="save it in the workspace, under this name")
    _trained(probe)

    tune = _encoder(command("tune", training.tune, "name"))
    tune.add_argument("--minutes", type=float, required=True, metavar="M", help="that all of it may take")
    tune.add_argument("--target", metavar="COLUMN", help="as of `probe`")
    tune.add_argument("--family", metavar="F,G", help="among which to search, by default all")
    tune.add_argument("--sampler", choices=("tpe", "random", "grid"), default="tpe")
    tune.add_argument("--pruner", choices=("median", "hyperband", "none"), default="median")
    tune.add_argument("--trials", type=int, metavar="N", help="end after so many")
    tune.add_argument("--out", metavar="DIR", help="write the best one; with .zip a ZIP")
    tune.add_argument("--save", metavar="NAME", help="save it in the workspace, under this name")
    _trained(tune)

    predict = command("predict", training.predict, "model", "path")
    predict.add_argument("--out", metavar="F.csv", help="write path,label,probability,unlike")


def _trained(made: argparse.ArgumentParser) -> None:
    made.add_argument("--seed", type=int, default=0)
    _version(made)


def _gaining(command: _Maker) -> None:
    curve = _encoder(command("learning-curve", gaining.learning_curve, "name"))
    curve.add_argument("--seeds", type=int, help="orders in which labels come; by default 5")
    curve.add_argument(
        "--scratch-minutes", type=float, metavar="M", help="of training from nothing beside it; 2, and 0 leaves it out"
    )

    ensemble = command("ensemble", gaining.ensemble, "name")
    ensemble.add_argument("encoders", nargs="*", metavar="ENCODER", help="by default all that NAME is embedded by")
    ensemble.add_argument("--tta", action="store_true", help="look at test images mirrored and cropped as well")
    ensemble.add_argument("--keep", metavar="ID", help="store vectors side by side as an encoder under this name")


def _engine(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="ray: on a cluster, see docs/scale.md"
    )
    _address(made)


def _address(made: argparse.ArgumentParser) -> None:
    made.add_argument("--address", metavar="URI", help="of a Ray cluster; without, one is started here")


def _version(made: argparse.ArgumentParser) -> None:
    made.add_argument("--version", metavar="V", help="only what that version holds, see `versions`")


def _encoder(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument("--encoder", metavar="ID", help="see `encoders`; default efficientnet-lite0")
    return made
