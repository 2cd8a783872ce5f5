"""The tasks of the app, over a decoder that dies of one picture, as compiled code does."""

from __future__ import annotations

import os
import signal

from embedding_core import tasks
from embedding_core.images import damage

TASKS = tasks.TASKS
MARK = b"kindred: kills the decoder"

_sound = damage.check_structure


def _deadly(form: str, data: bytes) -> None:
    if MARK in data:
        os.kill(os.getpid(), signal.SIGSEGV)
    _sound(form, data)


damage.check_structure = _deadly
