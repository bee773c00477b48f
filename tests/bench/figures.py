"""A measured figure and the row that shows it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

MEGABYTE = 1_000_000
_COLUMNS = "{:<48} {:>16} {:>14} {:<6} {}"


@dataclass(frozen=True, slots=True)
class Plan:
    """``seconds`` and ``rate`` (lines/s) of the soak; ``size`` in bytes of the large file.

    ``only`` is a part of the names of the crowd's tricks that are wanted.
    """

    seconds: float
    rate: int
    size: int
    only: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """The value to compare with: a physical limit or a peer, in the same unit and run."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. With ``at_least`` more is better, otherwise less; ``target`` may be None.

    ``peak`` is the highest resident memory of the server meanwhile, in bytes.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False
    beside: Beside | None = None
    peak: int | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


Bench: TypeAlias = Callable[[Plan], Iterator[Figure]]
"""Measures; each figure is shown as soon as it is there. Raises whatever keeps it from running."""


def heading() -> str:
    """Return the first row."""
    return _COLUMNS.format("name", "measured", "target", "", "ratio beside")


def row(figure: Figure) -> str:
    """Return the row of a figure."""
    target = "" if figure.target is None else f"{'>=' if figure.at_least else '<='} {_number(figure.target)}"
    met = {None: "", True: "ok", False: "MISSED"}[figure.met]
    notes = [_beside(figure), "" if figure.peak is None else f"memory at most {_number(figure.peak / MEGABYTE)} MB"]
    value = f"{_number(figure.value)} {figure.unit}"
    return _COLUMNS.format(figure.name, value, target, met, ", ".join(filter(None, notes))).rstrip()


def _beside(figure: Figure) -> str:
    if figure.beside is None:
        return ""
    ratio = f"{figure.value / figure.beside.value:.2f}" if figure.beside.value else "-"
    return f"{ratio} of {figure.beside.name} ({_number(figure.beside.value)} {figure.unit})"


def _number(value: float) -> str:
    digits = 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share (0 to 1) of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
