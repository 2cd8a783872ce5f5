"""Every term that the interface uses, explained once, and texts made safe to show.

`HELP["trust"]` is meant for the `help=` of a widget or a metric. File names, labels and metadata come from strangers:
`plain` shows them as the text they are, where Streamlit would read Markdown.
"""

from __future__ import annotations

import re
import time
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.encoders import registry
from embedding_core.records import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "dataset": "A named set of images. Everything that is computed belongs to one.",
    "embedding": "Each image as a list of numbers, made by a neural network so that alike images get alike numbers.",
    "encoder": "The network that turns an image into numbers. Each sees likeness in its own way.",
    "dimensions": "How many numbers an encoder makes of one image.",
    "vector": "The list of numbers that an encoder makes of one image.",
    "projection": "A drawing of the embedding in two or three dimensions. Near means alike; the axes mean nothing.",
    "umap": "Keeps neighbours together and groups apart. Distances between groups say little.",
    "tsne": "Keeps the closest neighbours together. Sizes of groups and distances between them say nothing.",
    "pca": "The directions along which the images differ most. Honest about distance, blind to fine groups.",
    "explained variance": "How much of all differences between the images these axes show.",
    "trust": "The share of images drawn near this one that truly are near. Low: the map had no room to be honest.",
    "recall": "Of very many images not every pair is compared, only those in partitions near each other.",
    "misplaced": "An image is in the wrong place when a quarter of all images are more like it than those around it.",
    "trustworthiness": "How far the whole map can be believed, from 0 to 1. Above 0.9, images drawn near are near.",
    "neighbour": "An image whose numbers are among the closest to those of another: a look-alike.",
    "cluster": "A group of images that are more like each other than like the rest, found without labels.",
    "noise": "Images that belong to no group. Often the odd ones out, and worth a look.",
    "exemplar": "The images at the heart of a group: the most typical ones.",
    "silhouette": "How clearly groups are apart, from −1 to 1. Above 0.25 they are real; near 0 they overlap.",
    "nmi": "Normalised mutual information: how far groups and labels agree, from 0 (not at all) to 1 (fully).",
    "purity": "The share of images whose label is the most common one of their group.",
    "kmeans": "Cuts the images into a given number of round groups. Every image belongs to one.",
    "hdbscan": "Finds dense groups of any shape and leaves the rest out as noise.",
    "evoc": "Finds groups of all sizes in embeddings, quickly, and leaves the rest out as noise.",
    "cosine": "Compares directions alone: 1 is the same, 0 is unrelated. The usual choice for embeddings.",
    "dot": "Direction times length. Favours images that the encoder is sure of.",
    "euclidean": "The straight distance between two lists of numbers. 0 is the same.",
    "manhattan": "The distance along the axes, summed. Less moved by a few large differences.",
    "hamming": "Counts equal bits after cutting each number to high or low. Coarse, and very fast.",
    "similarity": "How much alike two images are to this encoder.",
    "exact": "Compares with every image. Without it, only the parts of the set that lie nearest are looked through.",
    "label": "What an image shows, as its folder or a table says. One label an image.",
    "split": "Which part of a training set an image belongs to: train, validation or test.",
    "tag": "A mark that you put on images. An image can carry many; tags colour maps, filter and are exported.",
    "selection": "The images that you have picked out. It stays while you go from page to page.",
    "rejected": "Files that were left out because they are not usable images.",
    "metadata": "Further columns that came with the images.",
    "beside": "A second map of the same images. Pointing at an image shows where it is on both.",
    "placed": "Outside is what is less like anything on the map than 99% of it are. Of more of the same it is 1%.",
    "occlusion": "Parts of each image are covered in turn. The map is bright where that makes the two less alike.",
    "drift": "A probe is asked to tell two sets apart. Where it can, the second is not like the first.",
    "on_map": "All images, coloured by how much of this the check has found in each.",
    "cover": "An image stands for those that are nearly like it. What is stood for by others could go.",
    "shortcut": "A column that says the label, and shows in the images, is what a model may learn in its place.",
    "seed": "The same number draws the same map again.",
    "case": "One thing that a check has found, with the images that belong to it. You decide on each.",
    "line": "Up to where the check finds. You judge some images around it; it moves to where enough of them are right.",
    "drawn line": "Up to where pictures count as bad. Where you put it holds for cards, counts and review, for all.",
    "version": "The images and labels after all decisions. Under a name it stays as it is, whatever is decided later.",
    "difference": "What the second version has otherwise than the first: images, labels, splits and tags.",
    "probe": "A simple classifier over the embedding. Quick to train, it shows what labels and images are worth.",
    "accuracy": "The share of images, kept apart from training, that are given their right label.",
    "balanced accuracy": "The mean of every label's accuracy: rare labels count as much as common ones.",
    "interval": "Where the truth lies with 95%, over other images to test with and other trainings.",
    "held out": "Images that judge. Both versions hold them under one label, and nobody decided on them.",
    "untouched": "Images that are set aside once and never trained on. Whatever is tried is judged by these same ones.",
    "expected gain": "Found by trying, on images that may be trained on. The untouched part judges only what is done.",
    "runs": "Everything that was trained or scored here, with its settings, so that it can be compared and repeated.",
    "finetune": "A pretrained network is trained further on your labels, so that it sees what sets them apart.",
    "linear probe": "The simplest classifier on top of an encoder as it is. What fine-tuning has to beat.",
    "repair": "Cleaning done at training only, on trial. Nothing is decided, and the images stay as they are.",
    "cka": "How alike two encoders lay out all images, from 0 to 1. Turned or scaled spaces count as the same.",
    "overlap": "The share of each image's 10 nearest look-alikes that two encoders have in common.",
    "unbeaten": "No other encoder is at least as good, as fast and as small, and better in one of these.",
    "choosing": "Each image is judged by a probe that saw neither it nor its near-duplicates.",
    "set aside": "Images that take no part in choosing. Each encoder's probe is asked about them once, at the end.",
    "look-alike vote": "Images whose five nearest look-alikes, near-duplicates aside, vote for their label.",
    "found first": "Mean average precision: 1 when all images of the same label come first among the look-alikes.",
    "whitened": "Cosine after the mean is taken off and every principal axis counts alike.",
    "int8": "Cosine of numbers rounded to 255 steps: a quarter of the room.",
    "target": "What is learnt: the label, a column of numbers, or a column of a few different "
    "texts. A column with fewer than 40 numbers, one that says the same of all, and one whose texts hardly ever come "
    "twice are left out.",
    "family": "A kind of model. Each is trained on the same images and judged by the same others.",
    "cross-validation": "The training part is cut into five. Each fifth is predicted by a model of the other four.",
    "calibration": "Of what it calls 80% sure, 80% should be right. The error is how far that is off, on average.",
    "macro f1": "Misses and false alarms in one figure, the mean over labels: rare labels count as much.",
    "log loss": "Punishes being sure and wrong. 0 is perfect; lower is better.",
    "r2": "How much of the differences in the number is explained: 1 all, 0 no more than the mean does.",
    "rank correlation": "How far it sorts images as the number does: 1 the same order, 0 any order.",
    "without looking": "What there is to be had without any image: always the most common label, or the mean.",
    "unlike": "Farther from all training images than 99% of these are from each other. What it says is a guess.",
    "budget": "All of it is done in this time: the search, training the best one, and judging it.",
    "sampler": "Learns from what has worked: TPE. By chance: random. Every combination of a few values: grid.",
    "honest score": "The best of many tries looks better than it is. On images that no try has seen, nothing flatters.",
    "importance": "How much of the differences between trials comes from this parameter.",
    "learning curve": "Accuracy against the number of labels. Its shape tells what more labels are likely to bring.",
    "from scratch": "A small network that knows nothing at first and learns from your labels alone. 0 leaves it out.",
    "label first": "What each label would gain, by its own curve, if there were twice as many labels of all.",
    "ensemble": "Two encoders go wrong on different images, so that together they may be right more often.",
    "views": "Each test image is also embedded mirrored and cropped, and averaged. Takes four times as long.",
    "export": "A version taken away, for other tools. It is written as it is sent, however large.",
    "axis": "A direction along which images differ. The first shows the most, the next most of the rest.",
    "noise axes": "Axes that explain more than they would if every number were shuffled among the images (parallel "
    "analysis). The stricter broken-stick rule may say otherwise.",
    "enough axes": "The fewest axes from which on less than one point of accuracy is lost against all of them.",
    "goes with": "r is a rank correlation (Spearman), −1 to 1. η² is the share of the axis that a label or category "
    "explains, 0 to 1. AUC is how well the axis tells one value from the rest: .5 is chance, 1 is always.",
    "folds": "A fifth of the images is judged at a time, by what was taught on the others. Axes, scales and probe are "
    "made anew each time, and near-duplicates stay together.",
    "whiten": "Every kept axis counts alike. Helps where few axes drown the others, hurts where the last are noise.",
    "denoise": "What the kept axes do not show is thrown away, and the vectors keep their length.",
    "block": "Columns that belong together. Each block is scaled to the same weight, so many columns do not drown few.",
    "adds": "What accuracy all blocks together gain by this one: how much the others would miss it.",
}


METRICS: Mapping[str, str] = {
    "cosine": "Cosine",
    "dot": "Dot product",
    "euclidean": "Euclidean",
    "manhattan": "Manhattan",
    "hamming": "Hamming",
}

REASONS: Mapping[Reason, str] = {
    Reason.EMPTY: "Empty files",
    Reason.TEXT: "Text under an image's name",
    Reason.MARKUP: "Web pages or SVG under an image's name",
    Reason.UNKNOWN_FORMAT: "Formats that Kindred does not read",
    Reason.TRUNCATED: "Cut off before the end",
    Reason.CORRUPT: "Damaged inside",
    Reason.BOMB: "Decompression bombs",
    Reason.TOO_MANY_PIXELS: "Too many pixels",
    Reason.TOO_MANY_BYTES: "Files that are too large",
    Reason.LINK_OUTSIDE: "Links that lead out of the folder",
    Reason.UNREADABLE: "Could not be read",
    Reason.NOT_A_FILE: "Not files at all",
    Reason.UNSAFE_MEMBER: "Unsafe members of an archive",
    Reason.NESTED_ARCHIVE: "Archives inside an archive",
    Reason.ENCRYPTED: "Encrypted members of an archive",
    Reason.MISSING: "Named in a table but not there",
    Reason.URL: "Web addresses, which are not fetched",
    Reason.CHANGED: "Changed on disk since they were added",
    Reason.CRASHED: "Crashed the decoder twice",
}

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=@])")


def plain(text: object) -> str:
    """Any text from outside, so that Markdown shows it letter by letter, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def value(known: object) -> str:
    """A value from someone's table, `plain`, with as many digits as a person reads."""
    if isinstance(known, bool):
        return "yes" if known else "no"
    return plain(f"{known:.6g}" if isinstance(known, float) else known)


def number(known: float) -> str:
    """A number with as many digits as a person reads."""
    if 1000 <= abs(known) < 1e15 or (known == round(known) and abs(known) < 1000):
        return f"{known:,.0f}"
    return f"{known:.4g}"


def day(seconds: float) -> str:
    """The date of a moment, in seconds since 1970: 2024-02-29. Years before 1 and after 9999 are cut off."""
    return str(np.datetime64(floor(min(max(seconds, -62_135_596_800), 253_402_300_799)), "s"))[:10]


def moment(seconds: float) -> str:
    """A moment, in seconds since 1970, by the server's clock: 2024-02-29 16:05."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def part(name: str) -> str:
    """What people call a part of what a check has found, as "near_empty" is "Near empty"."""
    return name.replace("_", " ").capitalize()


def count(number: int, one: str, many: str = "") -> str:
    """`count(1, "image")` is "1 image", `count(1200, "image")` "1,200 images"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def most(share: float) -> str:
    """A share below 1, never rounded up to all: `most(0.9996)` is "99.9 %", `most(0.983)` "98 %"."""
    return f"{floor(share * 1000) / 10:.1f} %" if share >= 0.99 else f"{floor(share * 100)} %"


def nth(number: int) -> str:
    """A rank among neighbours: the nearest, the 2nd nearest, …"""
    if number == 1:
        return "the nearest"
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"the {number:,}{ending} nearest"


def duration(seconds: float) -> str:
    """A time left, as a person would say it."""
    if seconds < 1.5:
        return "a second"
    if seconds < 60:
        return f"{seconds:.0f} seconds"
    minutes = round(seconds / 60)
    if minutes < 60:
        return count(minutes, "minute")
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(nbytes: float) -> str:
    """Bytes in the unit that suits."""
    for unit in ("B", "KB", "MB"):
        if nbytes < 1000:
            return f"{nbytes:.0f} {unit}"
        nbytes /= 1000
    return f"{nbytes:.1f} GB"


def encoder(encoder_id: str) -> str:
    """An encoder's name for people, not yet `plain`; of several joined by " + ", the names of each."""
    card = registry.CARDS.get(encoder_id)
    if card is None and " + " in encoder_id and not encoder_id.startswith(("own:", "tuned:")):
        return " + ".join(encoder(one) for one in encoder_id.split(" + "))
    return card.name if card else encoder_id.removeprefix("own:").removeprefix("tuned:")


def reason(stored: str) -> str:
    """A reason as `Rejected` stores it, in words."""
    return REASONS[Reason(stored)] if stored in set(Reason) else stored.capitalize()


def source(text: str) -> str:
    """Where labels or splits come from, in words: `label_source` of a dataset."""
    kind, _, name = text.partition(":")
    known = {"none": "none", "folders": "from folders", "metadata": "from metadata", "prefix": "from file names"}
    return f"from column “{name}”" if kind == "column" else known.get(kind, kind)
