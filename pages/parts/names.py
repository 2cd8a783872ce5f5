"""The name that whoever decides has given, once in their browser: all that they do from then on is done under it.

The review asks for it (`review/naming.js`) and leaves it in a cookie of its own, which every request brings along.
`Access` writes it into the token that it hands out, and a page that stands open, whose socket still has the cookies of
when it was opened, hears of it here. A name proves nothing: who somebody is, their `Actor.id` says.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.records import Actor

COOKIE = "kindred-reviewer"
LONGEST = 80  # characters
REMEMBERED = 10_000  # visitors whose last name is known here

_JOINERS = re.compile("[\\u200c\\u200d]")  # are seen by what they join, in Persian and Hindi names and in emoji


def given(cookies: Mapping[str, str]) -> str:
    """The name in a browser's cookies; empty where there is none, or one that no name can be."""
    name = " ".join(unquote(cookies.get(COOKIE, "")).split())
    return name if fits(name) else ""


def fits(name: str) -> bool:
    """Whether it can be a name: short enough, and all of it can be seen."""
    return len(name) <= LONGEST and _JOINERS.sub("", name).isprintable()


def heard(actor: Actor, cookies: Mapping[str, str]) -> Actor:
    """A visitor under the name that came with their request, which is remembered for their open pages."""
    name = given(cookies)
    if not name:
        return actor
    with _hearing:
        _last[actor.id] = name
        _last.move_to_end(actor.id)
        while len(_last) > REMEMBERED:
            _last.popitem(last=False)
    return replace(actor, name=name)


def known(actor: Actor) -> Actor:
    """A visitor under the name that was heard last."""
    return replace(actor, name=_last.get(actor.id, actor.name))


_last: OrderedDict[str, str] = OrderedDict()  # id of a visitor → name
_hearing = threading.Lock()
