"""What a cleaned version of a dataset is worth: the same probe and test part, before and after; each step alone."""

from embedding_core.effect.comparing import SEEDS, Effect, compare
from embedding_core.effect.intervals import Difference, differences
from embedding_core.effect.parting import Parts, Side, part, parts_of
from embedding_core.effect.repair import Repairs, Step, label_suspects, label_weights, repair
from embedding_core.effect.words import points, said, verdict

__all__ = [
    "SEEDS",
    "Difference",
    "Effect",
    "Parts",
    "Repairs",
    "Side",
    "Step",
    "compare",
    "differences",
    "label_suspects",
    "label_weights",
    "part",
    "parts_of",
    "points",
    "repair",
    "said",
    "verdict",
]
