"""Every figure of the report card in one or two plain sentences."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "probe": "A simple classifier learns the labels from four fifths of the images and is asked about the rest, "
    "five times over. The share that it gets right; near-duplicates never lie on both sides.",
    "balanced": "Balanced accuracy: the mean over labels of how many of their images are found. Rare labels count as "
    "much as common ones.",
    "knn": "Each image is given the label that most of its five nearest others have; its near-duplicates do not vote. "
    "Nothing is trained, so this is what search and groups rest on.",
    "map": "Each image searches for its like. 1 means that all of its label come before all others. Its own "
    "near-duplicates are not there to be found.",
    "recall": "How often at least one of the five nearest bears the same label, near-duplicates of the image left out.",
    "silhouette": "How clearly labels lie apart, from −1 to 1. Above 0.25 is clear; 0 means they overlap, as "
    "photographs mostly do.",
    "nmi": "Whether groups that were found without labels agree with the labels: 0 is not at all, 1 is the same.",
    "leakage": "How much higher the figures would be if near-duplicates could vouch for each other. Nothing of "
    "that would last, since new images have no copy here.",
    "interval": "With other images of the same kind the figure would lie in here, 95 times of 100. Near-duplicates "
    "count as one image.",
    "controls": "What should not be able to tell the labels. Bars near that of the embedding are a warning.",
    "dimension": "How many numbers would tell an image from its neighbours, however many the encoder gives. "
    "Photographs mostly have 10 to 30.",
    "hubness": "Whether a few images are neighbours of very many. 0 is even; above 2 they spoil searches.",
    "anisotropy": "How alike two images are on average. Near 0 the numbers make use of all directions, near 1 of few.",
    "rank": "How many directions the images make use of, of those that the encoder has.",
    "steady": "Some images are changed a little and encoded again. The share that is nearest to its own original, "
    "among all images.",
    "groups": "The images are parted in halves and grouped in each. 1 means that the same groups come out, 0 that they "
    "are chance.",
    "confusion": "Each row is a label, each column what the probe said. What lies off the diagonal was mixed up.",
    "classes": "Found: of the images of a label, how many were recognised. Right: of the images that were given it, "
    "how many bear it.",
}
