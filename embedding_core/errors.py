"""Every error that Kindred raises on purpose.

    KindredError
    ├── InvalidInput          a value that the caller can correct
    │   ├── InvalidQuery      a search that cannot be answered as asked
    │   ├── InvalidVectors    vectors of the wrong shape, type or content
    │   └── InvalidSource     a folder, archive or table that cannot be read as one
    ├── UnknownName           a name that nothing answers to
    │   ├── UnknownDataset
    │   ├── UnknownImage
    │   ├── UnknownEncoder
    │   ├── UnknownJob
    │   ├── UnknownUpload
    │   ├── UnknownVersion
    │   └── UnknownDecision
    ├── NameTaken             a dataset, or a version of one, with that name exists
    ├── NotEmbedded           the images have no vectors from that encoder yet
    ├── WeightsUnavailable    pretrained weights could not be fetched or verified
    ├── TooLarge              more than a stated limit
    ├── AccessDenied          a token is missing, forged or too old
    ├── JobFailed             work in the worker process ended with an error
    │   └── JobCancelled
    └── WorkspaceError        the workspace cannot be opened, read or written
        └── NewerLayout       it was written by a newer version; nothing was touched

A message says what was wanted, what came, and what to do. Pages and the command line catch `KindredError` and
nothing broader. `ImageRefused` is apart: it is how decoding says that one file is not a usable image, it carries
the reason as data, and it never leaves the import that met it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embedding_core.records import Reason

__all__ = [
    "AccessDenied",
    "ImageRefused",
    "InvalidInput",
    "InvalidQuery",
    "InvalidSource",
    "InvalidVectors",
    "JobCancelled",
    "JobFailed",
    "KindredError",
    "NameTaken",
    "NewerLayout",
    "NotEmbedded",
    "TooLarge",
    "UnknownDataset",
    "UnknownDecision",
    "UnknownEncoder",
    "UnknownImage",
    "UnknownJob",
    "UnknownName",
    "UnknownUpload",
    "UnknownVersion",
    "WeightsUnavailable",
    "WorkspaceError",
]


class KindredError(Exception):
    """Base of all errors that are meant for the user's eyes."""


class InvalidInput(KindredError, ValueError):
    """A value that the caller can correct."""


class InvalidQuery(InvalidInput):
    """A search that cannot be answered as asked."""


class InvalidVectors(InvalidInput):
    """Vectors of the wrong shape, type or content."""


class InvalidSource(InvalidInput):
    """A folder, archive or table that cannot be read as one."""


class UnknownName(KindredError, LookupError):
    """A name that nothing answers to. Suggests the nearest one."""

    noun: ClassVar[str] = "name"

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        known = sorted(known)
        near = get_close_matches(name, known, n=1)
        if near:
            advice = f"Did you mean {near[0]!r}?"
        elif known:
            advice = f"Known: {', '.join(known[:12])}{' …' if len(known) > 12 else ''}."
        else:
            advice = f"There is no {self.noun} yet."
        super().__init__(f"No {self.noun} is called {name!r}. {advice}")


class UnknownDataset(UnknownName):
    noun = "dataset"


class UnknownImage(UnknownName):
    noun = "image"


class UnknownEncoder(UnknownName):
    noun = "encoder"


class UnknownJob(UnknownName):
    noun = "job"


class UnknownUpload(UnknownName):
    noun = "upload"


class UnknownVersion(UnknownName):
    noun = "version"


class UnknownDecision(UnknownName):
    noun = "decision"


class NameTaken(KindredError):
    """A dataset, or a version of one, with that name exists."""


class NotEmbedded(KindredError):
    """The images have no vectors from that encoder yet."""


class WeightsUnavailable(KindredError):
    """Pretrained weights could not be fetched or verified. Nothing half-written is left behind."""


class TooLarge(KindredError):
    """More than a stated limit."""


class AccessDenied(KindredError):
    """A token is missing, forged or too old."""


class JobFailed(KindredError):
    """Work in the worker process ended with an error."""


class JobCancelled(JobFailed):
    """Someone cancelled the work. What was committed stays."""


class WorkspaceError(KindredError):
    """The workspace cannot be opened, read or written."""


class NewerLayout(WorkspaceError):
    """The workspace was written by a newer version of Kindred. Nothing was touched."""


class ImageRefused(Exception):
    """One file is not a usable image. Turned into a `Rejected` by whoever reads files."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
