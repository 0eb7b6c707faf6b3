"""Progress: where long work reports how far it is, and where a request to stop reaches it."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str, int, int, str], None]
Bounds = Callable[[float, float], None]


class Progress:
    """Where long work reports to. Called often; any report may raise JobCancelled to stop the work.

    The object made without arguments reports to nobody (`silent`).

    Args:
        report: Told stage, units done, units in total (0: unknown) and one short sentence of detail.
        bounds: Told the lower and the upper bound on the optimum as they close on each other.
    """

    def __init__(self, report: Report | None = None, *, bounds: Bounds | None = None) -> None:
        self._report, self._bounds = report, bounds

    def __call__(self, stage: str, done: int = 0, total: int = 0, detail: str = "") -> None:
        """Report `done` of `total` units of `stage`; `total` 0 means unknown. `detail` is one short sentence."""
        if self._report is not None:
            self._report(stage, done, total, detail)

    def bounds(self, lower: float, upper: float) -> None:
        """Report the bounds on the optimum as they stand, infinite where there is none yet."""
        if self._bounds is not None:
            self._bounds(lower, upper)

    def within(self, label: str, *, stage: str = "", done: int = 0, of: int = 0) -> Progress:
        """The progress of a part of this work.

        Args:
            label: What the part is, like "λ 0.05, k 256".
            stage: What the whole is doing. The whole then stands at `done` of `of`, and what the part reports becomes
                the detail; its bounds are left out, since those of different parts do not belong on one chart.
                Without it the part's own stages pass through behind the label, and its bounds too.
            done: Units of the whole that are done.
            of: Units of the whole.
        """

        def named(inner: str, part: int, total: int, detail: str) -> None:
            self(f"{label}: {inner}" if inner else label, part, total, detail)

        def counted(inner: str, part: int, total: int, detail: str) -> None:
            told = words(inner, part, total, detail)
            self(stage, done, of, f"{label}: {told}" if told else label)

        return Progress(counted) if stage else Progress(named, bounds=self.bounds)


def words(stage: str, done: int, total: int, detail: str) -> str:
    """A report as one line: stage, share and detail."""
    share = f" {done / total:.0%}" if total else ""
    return f"{stage}{share}{', ' if detail and stage else ''}{detail}"


silent = Progress()
