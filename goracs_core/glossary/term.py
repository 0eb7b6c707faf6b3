"""What a quantity is, said once: pages take their tooltips from it, the guide and the reports their definitions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One quantity.

    Args:
        key: Its name in programs.
        name: Its name for people.
        text: Definition in one to three sentences; Markdown, formulas between dollar signs.
        symbol: LaTeX; "" where it has none.
        formula: LaTeX of its definition, which may begin with the symbol; "" where words say it all.
        unit: Its unit.
        paper: How the paper writes it, where that differs; LaTeX.
        source: Paper and section, or where else it is defined.
        page: Last part of the address of the page that shows it.
    """

    key: str
    name: str
    text: str
    symbol: str = ""
    formula: str = ""
    unit: str = "no unit"
    paper: str = ""
    source: str = ""
    page: str = "run"

    @property
    def brief(self) -> str:
        """Name and definition, for lists of several; Markdown."""
        return f"**{self.name}**: {self.text}"

    @property
    def tooltip(self) -> str:
        """Name, symbol, definition, formula, unit and source; Markdown."""
        symbol = f", ${self.symbol}$" if self.symbol else ""
        formula = f"\n\n${self.formula}$" if self.formula else ""
        told = f"Unit: {self.unit}." if self.unit != "no unit" else "No unit."
        source = f" Source: {self.source}." if self.source else ""
        return f"**{self.name}**{symbol}: {self.text}{formula}\n\n{told}{source}"
