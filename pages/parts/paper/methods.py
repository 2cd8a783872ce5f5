"""How each figure of the report is found, and the paper or book that it is from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from pages.parts.paper import markup
from pages.parts.paper.markup import Html, paragraph

if TYPE_CHECKING:
    from pages.parts.paper.stored import Stored


class Method(NamedTuple):
    figure: str
    how: str
    source: str
    told: Callable[[Stored], object]  # whether the report holds it


def _scored(stored: Stored) -> bool:
    return stored.card is not None and stored.card.found.scores is not None


def _any(*names: str) -> Callable[[Stored], bool]:
    return lambda stored: any(getattr(stored, name) for name in names)


def _modes(*modes: str) -> Callable[[Stored], bool]:
    return lambda stored: any(one.model.facts["recipe"]["mode"] in modes for one in stored.tuned)


METHODS = (
    Method(
        "Probe",
        "Multinomial logistic regression over unit vectors reduced to at most 256 principal axes; five folds, "
        "near-duplicates in one of them; each image is judged by a probe that has not seen it.",
        "Alain & Bengio 2016, “Understanding intermediate layers using linear classifier probes”",
        _scored,
    ),
    Method(
        "Five nearest",
        "Leave one out by cosine; the majority of the votes, ties to the nearest. Copies of the image have no vote "
        "where so said.",
        "Cover & Hart 1967, “Nearest neighbor pattern classification”; Wu et al. 2018, “Unsupervised feature learning "
        "via non-parametric instance discrimination”",
        _scored,
    ),
    Method(
        "Search",
        "Mean average precision, and the share of images with a like one among the first k.",
        "Manning, Raghavan & Schütze 2008, “Introduction to information retrieval”, 8.4; Jégou et al. 2011, “Product "
        "quantization for nearest neighbor search”",
        _scored,
    ),
    Method(
        "Silhouette",
        "How much nearer an image lies to its own label than to the next one.",
        "Rousseeuw 1987, “Silhouettes: a graphical aid to the interpretation and validation of cluster analysis”",
        _scored,
    ),
    Method(
        "NMI and ARI",
        "KMeans groups, as many as labels, against the labels.",
        "Strehl & Ghosh 2002, “Cluster ensembles”; Hubert & Arabie 1985, “Comparing partitions”",
        _scored,
    ),
    Method(
        "Controls",
        "The whole measurement on shuffled labels, on 16×16 pixels, and trees on what is known of the files.",
        "Ojala & Garriga 2010, “Permutation tests for studying classifier performance”; Geirhos et al. 2020, “Shortcut "
        "learning in deep neural networks”",
        _scored,
    ),
    Method(
        "Intervals of shares",
        "Wilson’s, of as many independent images as the groups of near-duplicates are worth.",
        "Wilson 1927, “Probable inference, the law of succession, and statistical inference”; Korn & Graubard 1998, "
        "“Confidence intervals for proportions with small expected number of positive counts”",
        _any("card", "comparison", "metrics"),
    ),
    Method(
        "Stability",
        "Pictures mirrored, cropped or brightened and encoded again: the share nearest to its original. Groups in two "
        "halves of the images against each other.",
        "Wu et al. 2018, as above; Ben-Hur, Elisseeff & Guyon 2002, “A stability based method for discovering "
        "structure in clustered data”",
        _any("card"),
    ),
    Method(
        "Dimension, hubs, likeness, directions",
        "Ratio of the distances to the two nearest; skewness of how often images are neighbours; mean cosine; entropy "
        "of the spectrum.",
        "Facco et al. 2017, “Estimating the intrinsic dimension of datasets by a minimal neighborhood information”; "
        "Radovanović et al. 2010, “Hubs in space”; Ethayarajh 2019, “How contextual are contextualized word "
        "representations?”; Roy & Vetterli 2007, “The effective rank”",
        _any("card"),
    ),
    Method(
        "Paired differences",
        "Both are judged by the same images, copies as one witness, and two more are counted, one for each side. "
        "Over several trainings images and trainings are drawn again with replacement. Of several comparisons at once "
        "the intervals are widened.",
        "Owen 2007, “The pigeonhole bootstrap”; Bonett & Price 2012, “Adjusted Wald confidence interval for a "
        "difference of binomial proportions based on paired data”; Holm 1979, “A simple sequentially rejective "
        "multiple test procedure”",
        _any("comparison", "metrics", "ensembles", "tuned", "advice", "runs"),
    ),
    Method(
        "Likeness of spaces",
        "Debiased linear CKA, and the share of the ten nearest that two encoders give alike.",
        "Kornblith et al. 2019, “Similarity of neural network representations revisited”; Song et al. 2012, “Feature "
        "selection via dependence maximization”",
        _any("comparison"),
    ),
    Method(
        "Axes",
        "Principal axes of unit vectors. More than noise: larger than in 19 of 20 tables whose columns were shuffled. "
        "What an axis shows: rank correlation, ε² and area under the ROC curve, sure at 1 % over all comparisons.",
        "Pearson 1901, “On lines and planes of closest fit”; Horn 1965, “A rationale and test for the number of "
        "factors in factor analysis”; Kelley 1935, “An unbiased correlation ratio measure”",
        _any("axes"),
    ),
    Method(
        "Joined columns",
        "Numbers and dates scaled to variance 1, a missing one by the median; categories one-hot; texts by TF-IDF, all "
        "taken from what is trained on. Each block has the weight of the embedding.",
        "Spärck Jones 1972, “A statistical interpretation of term specificity and its application in retrieval”",
        _any("features"),
    ),
    Method(
        "Trained probes",
        "Settings by cross-validation on what is trained on; probabilities calibrated out of fold; judged once on the "
        "test part, with a bootstrap over groups of near-duplicates.",
        "Guo et al. 2017, “On calibration of modern neural networks”; Zadrozny & Elkan 2002, “Transforming classifier "
        "scores into accurate multiclass probability estimates”; Naeini et al. 2015, “Obtaining well calibrated "
        "probabilities using Bayesian binning”; Davison & Hinkley 1997, “Bootstrap methods and their application”",
        _any("probes", "searches"),
    ),
    Method(
        "Search for settings",
        "Optuna: tree-structured Parzen estimators or chance; what lags is given up; importance by functional analysis "
        "of variance.",
        "Akiba et al. 2019, “Optuna”; Bergstra et al. 2011, “Algorithms for hyper-parameter optimization”; Golovin et "
        "al. 2017, “Google Vizier”; Hutter, Hoos & Leyton-Brown 2014, “An efficient approach for assessing "
        "hyperparameter importance”",
        _any("searches"),
    ),
    Method(
        "Learning curve",
        "The same probe on nested parts of the labels; a power law through the errors, drawn again over test images "
        "and orders.",
        "Hestness et al. 2017, “Deep learning scaling is predictable, empirically”; Viering & Loog 2021, “The shape of "
        "learning curves: a review”",
        _any("curve"),
    ),
    Method(
        "Learning from nothing",
        "A small residual network over pictures of 64 pixels, trained on the same labels.",
        "He et al. 2016, “Deep residual learning for image recognition”; Smith & Topin 2018, “Super-convergence”",
        _any("scratch"),
    ),
    Method(
        "Ensembles",
        "Vectors side by side, probabilities averaged, or weighed by a second model that learns from predictions out "
        "of fold; several looks at each test image.",
        "Wolpert 1992, “Stacked generalization”; Shanmugam et al. 2021, “Better aggregation in test-time augmentation”",
        _any("ensembles"),
    ),
    Method(
        "Fine-tuning",
        "The classifier starts from the linear probe; each block of the network learns more slowly than the one after "
        "it; weights are averaged over steps; the best epoch on a validation part is kept.",
        "Kumar et al. 2022, “Fine-tuning can distort pretrained features”; Howard & Ruder 2018, “Universal language "
        "model fine-tuning”; Polyak & Juditsky 1992, “Acceleration of stochastic approximation by averaging”",
        _any("tuned"),
    ),
    Method(
        "Low-rank adaptation",
        "Attention’s weights stay, and a product of two thin matrices is learnt beside each.",
        "Hu et al. 2021, “LoRA: low-rank adaptation of large language models”",
        _modes("lora"),
    ),
)


def methods(stored: Stored) -> Html:
    """Only of what the report holds; nothing where it holds nothing."""
    told = [one for one in METHODS if one.told(stored)]
    if not told:
        return Html("")
    return markup.section(
        "methods",
        "How the figures are found",
        paragraph("Each figure is checked against scikit-learn or torchmetrics in Kindred’s own tests."),
        markup.table(["Figure", "How", "Source"], [(one.figure, one.how, one.source) for one in told]),
    )
