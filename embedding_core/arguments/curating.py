"""Arguments of the commands that find what is wrong, decide, ready a set for training, and take it away."""

from __future__ import annotations

from embedding_core.arguments.shared import Maker, encoder, line, who
from embedding_core.commands import curating, deciding, exporting, preparing
from embedding_core.export.registry import FORMATS


def _preparing(command: Maker) -> None:
    leakage = encoder(command("leakage", preparing.leakage, "name"))
    split = encoder(command("split", preparing.split, "name"))
    for made in (leakage, split):
        made.add_argument("--column", metavar="X", help="images with one value of it belong together as well")
        made.add_argument("--seed", type=int, default=0)
    split.add_argument("--shares", default="train=.7,val=.15,test=.15", metavar="NAME=SHARE,…")
    split.add_argument("--apply", action="store_true", help="set it; else it is only told")
    split.add_argument("--back", action="store_true", help="make none: bring back the split that was replaced last")

    chosen = encoder(command("next", preparing.choose_next, "name"))
    chosen.add_argument("-n", type=int, default=50, help="how many")
    chosen.add_argument("--by", default="combined", help="combined, diverse, typical or uncertain")
    chosen.add_argument("--seed", type=int, default=0)

    spread = encoder(command("propagate", preparing.propagate, "name"))
    spread.add_argument("--precision", type=float, default=0.95, help="wanted of those that count as confident")
    spread.add_argument("--seed", type=int, default=0)

    drift = encoder(command("drift", preparing.drift, "name"))
    drift.add_argument("other", nargs="?", help="the dataset that is held against NAME")
    drift.add_argument("--by", metavar="COLUMN:VALUE", help="or the images of NAME with this value, against the rest")
    drift.add_argument("--since", metavar="COLUMN:VALUE", help="or those with this value or a higher one, as a date")
    drift.add_argument("--prefix", metavar="PATH", help="or those whose path begins so")
    drift.add_argument("--split", nargs=2, metavar=("FIRST", "SECOND"), help="or one split against another")
    drift.add_argument("--seed", type=int, default=0)


def _curating(command: Maker) -> None:
    encoder(command("check", curating.check, "name"))
    encoder(command("duplicates", curating.duplicates, "name"))

    odd = encoder(command("outliers", curating.outliers, "name"))
    odd.add_argument("-n", type=int, help="how many, by default all")
    line(odd)

    wrong = encoder(command("label-issues", curating.label_issues, "name"))
    wrong.add_argument("-n", type=int, help="how many, by default all that are labelled")
    wrong.add_argument("--seed", type=int, default=0)
    line(wrong)

    photos = encoder(command("photos", curating.photos, "name"))
    photos.add_argument("--turned", action="store_true", help="find what lies turned as well; takes longer")
    photos.add_argument(
        "--line",
        action="append",
        default=[],
        metavar="KIND=VALUE",
        help="move the line of a kind, for the pages as well; KIND=set sets it back to where the set draws it",
    )

    balance = encoder(command("balance", curating.balance, "name"))
    balance.add_argument("--radius", type=float, metavar="S", help="similarity from which one image stands for another")
    balance.add_argument(
        "--keep-covered", type=float, default=1.0, metavar="SHARE", help="of the images; what could go is listed"
    )


def _deciding(command: Maker) -> None:
    decide = command("decide", deciding.decide, "name")
    decide.add_argument("file", nargs="?", metavar="FILE.csv", help="path,action[,label|value][,reason][,finding]")
    decide.add_argument("--undo", metavar="ID", help="take one decision back, see `decisions`")
    who(decide)

    log = command("decisions", deciding.log, "name")
    log.add_argument("-n", type=int, metavar="N", help="only the last N")

    command("versions", deciding.list_versions, "name")
    version = command("version", deciding.freeze, "name", "version")
    version.add_argument("--note", default="", metavar="TEXT")
    who(version)

    differ = command("difference", deciding.differ, "name", "first", "second")
    differ.add_argument("-n", type=int, default=100, metavar="N", help="images that are listed of each kind")


def _exporting(command: Maker) -> None:
    export = encoder(command("export", exporting.export_version, "name"))
    export.add_argument("--format", required=True, metavar="F", help=", ".join(FORMATS))
    export.add_argument("--out", required=True, metavar="PATH", help="a folder or a file; with .zip a ZIP")
    export.add_argument("--version", metavar="V", help="original, now (the default) or a name, see `versions`")

    effect = encoder(command("effect", exporting.effect, "name"))
    effect.add_argument("--from", dest="first", metavar="V", help="by default original")
    effect.add_argument("--to", dest="second", metavar="W", help="by default now")

    repair = encoder(command("repair", exporting.repair, "name"))
    repair.add_argument("--steps", metavar="A,B", help="by default all that can be tried")
    repair.add_argument("--version", metavar="V", help="by default now")
    for made in (effect, repair):
        made.add_argument("--seeds", type=int, help="trainings of each; by default 8")


GROUPS = (_preparing, _curating, _deciding, _exporting)
