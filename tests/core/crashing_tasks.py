"""The tasks of the app, over a decoder that dies of one picture, as compiled code does."""

from __future__ import annotations

import signal

from embedding_core import tasks
from embedding_core.images import damage

TASKS = tasks.TASKS
MARK = b"kindred: kills the decoder"

_sound = damage.check_structure


def _deadly(form: str, data: bytes) -> None:
    if MARK in data:
        signal.raise_signal(signal.SIGSEGV)  # in this thread, as a fault is
    _sound(form, data)


damage.check_structure = _deadly
