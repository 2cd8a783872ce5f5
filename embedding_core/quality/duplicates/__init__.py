"""Duplicates: the same pixels in several files, altered copies, and bursts, each verified on the pixels.

`finding.find` takes candidates from the neighbour graph and from perceptual hashes, and looks at their pixels twice.
Cosine alone cannot tell: a crop may be less alike under it than two different photographs. What is found can be read
here without what decodes and compares pictures.
"""

from embedding_core.quality.duplicates.found import LINE, DuplicatesFound
from embedding_core.quality.duplicates.kinds import KINDS, Kind

__all__ = ["KINDS", "LINE", "DuplicatesFound", "Kind"]
