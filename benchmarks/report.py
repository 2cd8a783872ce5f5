"""Figures as they were measured: one description, from which a benchmark's Markdown and its JSON are both made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.surroundings import RESULTS, ROOT, data, machine

__all__ = [
    "FAILS",
    "RESULTS",
    "ROOT",
    "Bar",
    "Cell",
    "Figure",
    "Headline",
    "Report",
    "Table",
    "data",
    "machine",
    "readme",
    "said",
    "times",
    "verdict",
]

FAILS = "**does not hold**"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and how it is written, where the usual way would not do."""

    value: float
    form: str  # of `str.format`, as "{:.1f}×"
    measured: bool = True  # False: worked out from other figures

    def __str__(self) -> str:
        said = self.form.format(self.value)
        return said if self.measured else f"*{said}, not measured*"


One = str | int | float | Figure | None  # None: there is no such figure
Cell = One | tuple[One, ...]  # several figures of one kind, as median and maximum


def times(ratio: float) -> Figure:
    """How many times as much."""
    return Figure(ratio, "{:.1f}×")


def said(cell: Cell) -> str:
    """A cell for people: whole numbers whole, others with as many digits as mean something."""
    if cell is None:
        return ""
    if isinstance(cell, tuple):
        return " / ".join(map(said, cell))
    if isinstance(cell, str | Figure):
        return str(cell)
    if isinstance(cell, int):
        return f"{cell:,}"
    size = abs(cell)
    return f"{cell:,.0f}" if size >= 100 else f"{cell:.1f}" if size >= 1 or not size else f"{cell:.2g}"


def counted(cell: Cell) -> Any:
    """A cell for programs: the number itself; of one that was not measured, that it was not."""
    if isinstance(cell, tuple):
        return [counted(one) for one in cell]
    if not isinstance(cell, Figure):
        return cell
    return cell.value if cell.measured else {"value": cell.value, "measured": False}


@dataclass
class Table:
    """What is compared, and rows of figures."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    note: str = ""

    def add(self, *cells: Cell) -> None:
        self.rows.append(cells)
        print("  " + " · ".join(map(said, cells)), flush=True)

    def markdown(self) -> str:
        lines = [f"## {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        lines += _lines(self.columns, [list(map(said, row)) for row in self.rows])
        return "\n".join(lines) + "\n"

    def json(self) -> dict[str, Any]:
        rows = [[counted(cell) for cell in row] for row in self.rows]
        return {"title": self.title, "note": self.note, "columns": list(self.columns), "rows": rows}


def verdict(holds: bool) -> str:
    """Whether a bound holds, as a cell. `python -m benchmarks` ends with 1 when one does not."""
    return "holds" if holds else FAILS


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure is held to. A figure of None could not be measured, and then the bar does not hold."""

    name: str
    value: float | None
    bound: float
    unit: str = ""  # as "s", "MB", "×"
    least: bool = False  # the bound is the smallest value that will do; else the largest

    @property
    def holds(self) -> bool:
        if self.value is None:
            return False
        return self.value >= self.bound if self.least else self.value <= self.bound

    def cells(self) -> tuple[str, ...]:
        unit = self.unit if self.unit in ("", "×") else f" {self.unit}"
        measured = "not measured" if self.value is None else f"{_plain(self.value)}{unit}"
        return self.name, f"{'≥' if self.least else '≤'} {self.bound:g}{unit}", measured, verdict(self.holds)


@dataclass(frozen=True, slots=True)
class Headline:
    """A benchmark in one row of the README: against whom how many times as fast, and what it took."""

    what: str
    ratios: Mapping[str, float] = field(default_factory=dict)  # peer: how many times as much it takes
    figures: Sequence[str] = ()  # as "37 s"

    def cells(self) -> tuple[str, ...]:
        ratios = "; ".join(f"{_plain(ratio)}× {peer}" for peer, ratio in self.ratios.items())
        return self.what, ratios, ", ".join(self.figures)


@dataclass
class Report:
    """Several tables that belong together, what is claimed of them, and their row in the README."""

    tables: list[Table]
    bars: list[Bar] = field(default_factory=list)
    headlines: list[Headline] = field(default_factory=list)

    def markdown(self) -> str:
        parts = [table.markdown() for table in self.tables]
        if self.bars:
            lines = ["## Bars", "", *_lines(("figure", "bound", "measured", ""), [one.cells() for one in self.bars])]
            parts.append("\n".join(lines) + "\n")
        return "\n".join(parts)

    def json(self) -> dict[str, Any]:
        return {
            "headlines": [{**asdict(one), "figures": list(one.figures)} for one in self.headlines],
            "bars": [{**asdict(bar), "holds": bar.holds} for bar in self.bars],
            "tables": [table.json() for table in self.tables],
        }


def readme(results: Sequence[Mapping[str, Any]]) -> str:
    """The README's table: a row for each headline in these JSON results, ratios first, and which bars are missed."""
    rows = []
    for result in results:
        bars = [f"{sum(bar['holds'] for bar in result['bars'])} of {len(result['bars'])}"] if result["bars"] else []
        bars += [f"not: {bar['name']}" for bar in result["bars"] if not bar["holds"]]
        for number, one in enumerate(result["headlines"]):
            rows.append((*Headline(**one).cells(), "" if number else "; ".join(bars)))
    columns = ("", "a peer takes", "Kindred takes", "bars that hold")
    return "\n".join(_lines(columns, rows)) + "\n"


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown."""
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return head + [f"| {' | '.join(row)} |" for row in cells]


def _plain(value: float) -> str:
    """Three digits, without an exponent."""
    if abs(value) < 0.0005:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
