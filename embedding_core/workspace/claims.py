"""Who has which case before their eyes, so that nobody else is given it. Held in the workspace, for all servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from embedding_core.review.claims import Claim
from embedding_core.workspace.schema import CLAIMS
from embedding_core.workspace.store import Store, quoted

FRAGMENTS = 16  # of a small table, that everyone who claims reads whole


@dataclass(frozen=True)
class Claims:
    """Reads and writes the claims of the dataset `uuid`. In older workspaces the first claim makes the table.

    Several processes may claim at once. Lance compares the keys of what was committed meanwhile, and a claim is written
    only over one that has lapsed, so that of two who want a case exactly one gets it.
    """

    uuid: str
    _store: Store = field(repr=False)

    def all(self) -> dict[str, Claim]:
        """By the case's key, lapsed ones included."""
        if not self._store.exists(self._table):
            return {}
        return {str(row["case"]): Claim(**row) for row in self._store.rows(self._table, CLAIMS.names)}

    def take(self, wanted: Sequence[Claim], now: float) -> list[str]:
        """Claim cases, but for those that another one holds at `now`; returns the keys of those that are the actor's.

        A claim of the same actor is prolonged.
        """
        if not wanted:
            return []
        self._store.create(self._table, CLAIMS)
        (actor,) = {one.actor for one in wanted}
        free = f"target.until <= {now!r} OR target.actor = {quoted(actor)}"
        if self._store.insert(self._table, "case", _rows(wanted), over=free) == len(wanted):
            return [one.case for one in wanted]
        cases = ",".join(quoted(one.case) for one in wanted)
        mine = self._store.select(self._table, ["case"], f"actor = {quoted(actor)} AND case IN ({cases})")
        held = set(mine["case"].to_pylist())
        return [one.case for one in wanted if one.case in held]

    def skip(self, case: str, actor: str, now: float) -> None:
        """Let a case go that the actor has, or that nobody has, so that it comes after all others."""
        self._store.create(self._table, CLAIMS)
        free = f"target.until <= {now!r} OR target.actor = {quoted(actor)}"
        self._store.insert(self._table, "case", _rows([Claim(case, "", 0.0, now)]), over=free)

    def release(self, cases: Sequence[str], actor: str) -> None:
        """Let go of cases that the actor has. Those of others stay theirs."""
        if cases and self._store.exists(self._table):
            named = ",".join(map(quoted, cases))
            self._store.delete(self._table, f"case IN ({named}) AND actor = {quoted(actor)}")
            self._store.tidy(self._table, above=FRAGMENTS)

    @property
    def _table(self) -> str:
        return f"claims_{self.uuid}"


def _rows(claims: Sequence[Claim]) -> pa.Table:
    columns = {name: [getattr(one, name) for one in claims] for name in CLAIMS.names}
    return pa.table(columns, schema=CLAIMS)
