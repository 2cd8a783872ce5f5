"""Images through an encoder without keeping them: a source in, vectors and small pictures out, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedding_core.batching import encoded
from embedding_core.embed import CRASHED_TWICE, CRASHES, TELL
from embedding_core.errors import ImageRefused
from embedding_core.images import THUMBNAIL, decode, thumbnail
from embedding_core.parallel import in_order
from embedding_core.records import Candidate, Reason, Rejected, Reporter, silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder
    from embedding_core.sources import Source


@dataclass(frozen=True, eq=False, slots=True)
class Passed:
    """An image that was read."""

    path: str
    vector: NDArray[np.float32]  # (d,)
    thumbnail: bytes


_Read = tuple[Rejected | tuple[str, bytes], "NDArray[Any] | None"]


def passed(source: Source, encoder: Encoder, *, progress: Reporter = silent) -> Iterator[Passed | Rejected]:
    """Every image of a source with its vector, and every file that is none. Raises `InvalidSource`.

    What has crashed a process before, by `progress.suspects`, is read alone, and left out the second time.
    """
    progress("listing", 0, None)
    listing = source.listing()
    yield from listing.rejected
    total = len(listing.candidates)

    def read(candidate: Candidate) -> _Read:
        try:
            decoded = decode(candidate.load(), side=max(THUMBNAIL, encoder.card.preprocessing.resize))
            small = thumbnail(decoded.image)
            return (candidate.path, small), encoder.prepare(decoded.image)
        except ImageRefused as refusal:
            return Rejected(candidate.path, refusal.reason, refusal.detail), None

    def all_read() -> Iterator[_Read]:
        rest = []
        for one in listing.candidates:
            crashes = progress.suspects.get(one.path, 0)
            if crashes >= CRASHES:
                yield Rejected(one.path, Reason.CRASHED, CRASHED_TWICE), None
            elif crashes:
                progress.reading([one.path])
                yield read(one)
            else:
                rest.append(one)
        yield from in_order(read, rest, announce=lambda window: progress.reading([one.path for one in window]))
        progress.reading([])

    for done, (item, vector) in enumerate(encoded(encoder, all_read()), start=1):
        if isinstance(item, Rejected):
            yield item
        elif vector is not None:
            yield Passed(item[0], vector, item[1])
        if done % TELL == 0 or done == total:
            progress("reading", done, total)
