"""What a worker's death says: in words for people, and about the files that were being read."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import replace

from embedding_core.jobs.job import Job

UNEXPLAINED = 3  # crashes while reading, none of which points at one file, after which a job is given up

_HINTS: dict[int, str] = {
    signal.SIGKILL: " (out of memory?)",
    signal.SIGSEGV: " (a fault in compiled code)",
    signal.SIGBUS: " (a fault in compiled code)",
    signal.SIGABRT: " (a library gave up)",
}


def in_words(returncode: int, job: Job, reading: Sequence[str]) -> str:
    """Why a worker process ended and what it was doing. `returncode` as `subprocess` has it: negative for a signal."""
    if returncode < 0:
        name = signal.Signals(-returncode).name if -returncode in set(signal.Signals) else "unknown"
        how = f"was killed by signal {-returncode}, {name}{_HINTS.get(-returncode, '')}"
    else:
        how = f"ended by itself with status {returncode}"
    if reading:
        what = f"while it read {reading[0]!r}" + (f" and {len(reading) - 1} more" if reading[1:] else "")
    elif job.stage:
        what = f"during “{job.stage}”"
    else:
        what = "before it had begun"
    return f"The worker process {how} {what}."


def with_suspects(job: Job, reading: Sequence[str]) -> Job | None:
    """The job with what this crash taught about the files being read; None when it taught nothing.

    The task reads suspects one at a time and leaves out those with two crashes, so that a restart either passes them,
    or pins the next crash on one file. Files read together are suspected once; only one that was read alone is
    accused twice. That bounds restarts by the number of files, and `UNEXPLAINED` by those that lead nowhere.
    """
    suspects = dict(job.suspects)
    if len(reading) == 1 and suspects.get(reading[0]) == 1:
        return replace(job, suspects={**suspects, reading[0]: 2}, unexplained=0)
    new = {path: 1 for path in reading if path not in suspects}
    if not new or job.unexplained >= UNEXPLAINED:
        return None
    return replace(job, suspects={**suspects, **new}, unexplained=job.unexplained + 1)
