"""Arguments of the commands that score, compare, train, and say what to do next."""

from __future__ import annotations

import argparse

from embedding_core.arguments.shared import Maker, encoder, version
from embedding_core.commands import axes, comparing, finetuning, gaining, improving, scoring, training


def _improving(command: Maker) -> None:
    version(encoder(command("measure", improving.measure, "name")))
    improve = encoder(command("improve", improving.improve, "name"))
    improve.add_argument("--do", metavar="KIND:TARGET", help="a step, as `improve` without it names them")
    tried = command("runs", improving.list_runs, "name")
    tried.add_argument("--compare", nargs=2, metavar=("FIRST", "SECOND"), help="ids of two runs, or how they begin")
    tried.add_argument("--mlflow", metavar="URI", help="send them to a tracking server, or into an SQLite file")
    card = encoder(command("report", scoring.report, "name"))
    card.add_argument("--version", metavar="V", help="by default now, see `versions`")
    card.add_argument("--seed", type=int, default=0)


def _comparing(command: Maker) -> None:
    compare = command("compare", comparing.compare, "name")
    compare.add_argument("encoders", nargs="*", metavar="ENCODER", help="by default all that have embedded the images")
    compare.add_argument("--embed", action="store_true", help="embed what is missing first")
    compare.add_argument("--remeasure", action="store_true", help="measure speed anew; else what was measured is kept")
    metrics = encoder(command("metrics", comparing.metrics, "name"))
    for made in (compare, metrics):
        version(made)
        made.add_argument("--seed", type=int, default=0)


def _axes(command: Maker) -> None:
    pca = encoder(command("pca", axes.pca, "name"))
    pca.add_argument("--keep", metavar="K", help="try K axes of those that are left, or `enough` to keep the quality")
    pca.add_argument("--remove", metavar="1,3", help="try without these axes")
    pca.add_argument("--without", metavar="A,B", help="try without these columns or image properties, as brightness")
    pca.add_argument("--whiten", action="store_true", help="make every axis as wide as every other one")
    pca.add_argument("--denoise", action="store_true", help="draw what is kept back to as many numbers as before")
    pca.add_argument("--as", dest="as_name", metavar="ID", help="keep the vectors that come of it as an encoder")
    pca.add_argument("--out", metavar="F", help="write them, with all that new images need: .npz or .parquet")
    pca.add_argument("--numbers", default="float32", help="in that file: float32, float16 or int8")

    joined = encoder(command("features", axes.features, "name"))
    joined.add_argument("--columns", metavar="A,B", help="which, `image properties` among them; by default all")
    joined.add_argument(
        "--kind", action="append", default=[], metavar="COLUMN=KIND", help="number, date, category, text"
    )
    joined.add_argument("--out", metavar="F", help="write the matrix as .npz or .parquet, and a model card beside it")
    for made in (pca, joined):
        made.add_argument("--seed", type=int, default=0)
        version(made)


def _training(command: Maker) -> None:
    probe = encoder(command("probe", training.probe, "name"))
    probe.add_argument("--target", metavar="COLUMN", help="what to learn: label (the default) or a metadata column")
    probe.add_argument("--family", metavar="F,G", help="families of probes, by default all; see docs/cli.md")
    probe.add_argument("--out", metavar="DIR", help="write the one that cross-validates best; with .zip a ZIP")
    probe.add_argument("--save", metavar="NAME", help="save it in the workspace, under this name")
    _trained(probe)

    tune = encoder(command("tune", training.tune, "name"))
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


def _gaining(command: Maker) -> None:
    curve = encoder(command("learning-curve", gaining.learning_curve, "name"))
    curve.add_argument("--seeds", type=int, help="orders in which labels come; by default 5")
    curve.add_argument(
        "--scratch-minutes", type=float, metavar="M", help="of training from nothing beside it; 2, and 0 leaves it out"
    )

    ensemble = command("ensemble", gaining.ensemble, "name")
    ensemble.add_argument("encoders", nargs="*", metavar="ENCODER", help="by default all that NAME is embedded by")
    ensemble.add_argument("--tta", action="store_true", help="look at test images mirrored and cropped as well")
    ensemble.add_argument("--keep", metavar="ID", help="store vectors side by side as an encoder under this name")


def _finetuning(command: Maker) -> None:
    finetuning.take(encoder(command("finetune", finetuning.finetune, "name")))


def _trained(made: argparse.ArgumentParser) -> None:
    made.add_argument("--seed", type=int, default=0)
    version(made)


GROUPS = (_improving, _comparing, _axes, _training, _gaining, _finetuning)
