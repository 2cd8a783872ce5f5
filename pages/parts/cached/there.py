"""What may not be there yet is asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Found_co = TypeVar("Found_co", covariant=True)


class Reader(Protocol[Found_co]):
    """A function under `st.cache_resource` whose first argument names an entry."""

    __call__: Callable[..., Found_co | None]
    clear: Callable[..., None]


def if_there(reader: Reader[Found_co], key: str, **unhashed: Any) -> Found_co | None:
    """What a reader finds under `key`. That there is nothing is not kept: it may be on its way."""
    found = reader(key, **unhashed)
    if found is None:
        reader.clear(key)
    return found
