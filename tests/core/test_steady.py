"""A store that holds still within a moment, and sees at once what it has written itself."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from embedding_core.workspace.steady import SteadyStore
from embedding_core.workspace.store import Store

SCHEMA = pa.schema([("id", pa.int64())])


def rows(*ids: int) -> pa.Table:
    return pa.table({"id": list(ids)}, schema=SCHEMA)


@pytest.fixture
def here(tmp_path: Path) -> SteadyStore:
    store = SteadyStore(str(tmp_path))
    store.create("birds", SCHEMA)
    store.append("birds", rows(1, 2))
    return store


@pytest.fixture
def elsewhere(here: SteadyStore) -> Store:
    """Another process, as far as the store knows."""
    return Store(here.uri)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the tables themselves were asked for version and count."""
    found: Counter[str] = Counter()
    version, count = Store.version, Store.count

    def versioned(store: Store, name: str) -> int:
        found["version"] += 1
        return version(store, name)

    def counted(store: Store, name: str, where: str | None = None) -> int:
        found["count"] += 1
        return count(store, name, where)

    monkeypatch.setattr(Store, "version", versioned)
    monkeypatch.setattr(Store, "count", counted)
    return found


def test_within_a_moment_a_version_is_asked_for_once(here: SteadyStore, asked: Counter[str]) -> None:
    with here.moment():
        assert {here.version("birds") for _ in range(5)} == {here.version("birds")}
        assert [here.count("birds") for _ in range(5)] == [2] * 5
        with here.moment():
            here.version("birds")
    assert asked == {"version": 1, "count": 1}
    with here.moment():
        assert here.count("birds") == 2, "the next one asks for the version, and knows the count of that"
    assert asked == {"version": 2, "count": 1}


def test_what_others_commit_is_seen_in_the_next_moment(here: SteadyStore, elsewhere: Store) -> None:
    with here.moment():
        before = here.version("birds"), here.count("birds")
        elsewhere.append("birds", rows(3))
        assert (here.version("birds"), here.count("birds")) == before
        with here.moment():
            assert here.count("birds") == 2, "one within another is a part of it"
        here.look_again()
        assert here.count("birds") == 3
        assert here.version("birds") > before[0]
        elsewhere.append("birds", rows(4))
    with here.moment():
        assert here.count("birds") == 4


def test_outside_of_a_moment_every_read_asks(here: SteadyStore, elsewhere: Store) -> None:
    for more in range(3, 6):
        elsewhere.append("birds", rows(more))
        assert here.count("birds") == more
    here.look_again()
    elsewhere.delete("birds", "id = 1")
    assert here.count("birds") == 4
    assert here.count("birds", "id > 2") == 3


@pytest.mark.parametrize(
    ("write", "left"),
    [
        (lambda store: store.append("birds", rows(3)), 3),
        (lambda store: store.upsert("birds", "id", rows(2, 3)), 3),
        (lambda store: store.delete("birds", "id = 1"), 1),
        (lambda store: store.replace("birds", rows(7, 8, 9)), 3),
    ],
)
def test_what_the_page_itself_writes_is_seen_at_once(here: SteadyStore, write: object, left: int) -> None:
    with here.moment():
        before = here.version("birds")
        assert here.count("birds") == 2
        write(here)  # type: ignore[operator]
        assert here.count("birds") == left
        assert here.version("birds") > before


def test_a_table_that_comes_back_under_its_name_is_counted_anew(here: SteadyStore) -> None:
    with here.moment():
        assert here.count("birds") == 2
        here.drop("birds")
        here.create("birds", SCHEMA)
        here.append("birds", rows(1))
        assert here.count("birds") == 1


def test_a_moment_is_that_of_one_thread(here: SteadyStore, elsewhere: Store) -> None:
    seen: list[int] = []
    with here.moment():
        before = here.version("birds")
        elsewhere.append("birds", rows(3))
        other = threading.Thread(target=lambda: seen.append(here.version("birds")))
        other.start()
        other.join()
        assert here.version("birds") == before
    assert seen == [before + 1]


def test_a_moment_ends_with_an_error_too(here: SteadyStore, elsewhere: Store) -> None:
    with pytest.raises(RuntimeError), here.moment():
        here.count("birds")
        raise RuntimeError
    elsewhere.append("birds", rows(3))
    assert here.count("birds") == 3
