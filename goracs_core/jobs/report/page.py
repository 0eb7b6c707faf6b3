"""One HTML file that needs nothing else: text, tables and live figures, with plotly.js inside once.

The page states a policy that forbids the browser every request, so that a report opens the same with and without a
network. All texts are escaped; figures carry only what `goracs_core.charts` has escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Everything is in the file: no script, style, font or picture comes from elsewhere. plotly compiles its WebGL drawing
# code at run time, which needs 'unsafe-eval'.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; worker-src blob:; form-action 'none'; base-uri 'none'"
)
_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1d2433; --quiet: #5a6373; --line: #d9dde5; --accent: #1f5fa8;
  --mark: #f3f5f9; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161d; --ink: #e6e9ef; --quiet: #a3abb9; --line: #333b49;
  --accent: #8fbcf0; --mark: #1b212b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
p, li { max-width: 80ch; } a { color: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0; }
.quiet, figcaption { color: var(--quiet); font-size: .9rem; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(126px, 1fr)); gap: .8rem; margin: 1rem 0; }
.numbers div { border: 1px solid var(--line); border-radius: 8px; padding: .6rem .8rem; }
.numbers dt { color: var(--quiet); font-size: .85rem; } .numbers dd { margin: 0; font-size: 1.35rem; }
.numbers small { display: block; color: var(--quiet); font-size: .8rem; }
figure { margin: 1rem 0; }
.scroll { overflow: auto; border: 1px solid var(--line); border-radius: 8px; margin: .8rem 0; }
.long { max-height: 34rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { position: sticky; top: 0; background: var(--mark); } td.n, th.n { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; } td:not(.n) { min-width: 6.5rem; overflow-wrap: break-word; }
pre { background: var(--mark); padding: .7rem .9rem; border-radius: 8px; white-space: pre-wrap;
  overflow-wrap: anywhere; }
summary { cursor: pointer; } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media print { .long { max-height: none; } .scroll { overflow: visible; } nav { display: none; } }
"""
# Figures follow the colours of the page, also when they change while it is open.
_THEME = """
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const ink = getComputedStyle(document.body).color;
    for (const one of document.querySelectorAll(".js-plotly-plot")) {
      Plotly.relayout(one, {"font.color": ink, "legend.font.color": ink});
    }
  };
  addEventListener("load", paint);
  dark.addEventListener("change", paint);
})();
"""
_LONG = 24  # rows from which a table scrolls by itself
_FORMULA = re.compile(r"\$([^$]*)\$")
_SPELLED = {r"\lambda": "λ", r"\nu": "ν", r"\log ": "log ", r"\rho": "ρ", "{": "", "}": ""}


def plain(markdown: str) -> str:
    """Markdown of the glossary as plain text: short formulas are spelled out."""

    def spelled(found: re.Match[str]) -> str:
        text = found[1]
        for written, said in _SPELLED.items():
            text = text.replace(written, said)
        return text

    return _FORMULA.sub(spelled, markdown).replace("**", "")


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Args:
        title: Its heading.
        parts: Pieces of HTML, made by the functions below.
    """

    title: str
    parts: Sequence[str]

    @property
    def anchor(self) -> str:
        """What links point to."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def paragraph(text: str, *, quiet: bool = False) -> str:
    """A paragraph of plain text."""
    return f'<p class="quiet">{escape(text)}</p>' if quiet else f"<p>{escape(text)}</p>"


def bullets(sentences: Iterable[str]) -> str:
    """A list of sentences."""
    return f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in sentences)}</ul>"


def heading(text: str) -> str:
    """A heading inside a section."""
    return f"<h3>{escape(text)}</h3>"


def code(text: str) -> str:
    """A command or lines of a program."""
    return f"<pre><code>{escape(text)}</code></pre>"


def numbers(values: Mapping[str, tuple[str, str]]) -> str:
    """Numbers in large type: name to value and a remark."""
    cells = (
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(remark)}</small></dd></div>"
        for name, (value, remark) in values.items()
    )
    return f'<dl class="numbers">{"".join(cells)}</dl>'


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, caption: str) -> str:
    """A table; numbers are aligned to the right.

    Args:
        heads: Of the columns.
        rows: Cells as texts or numbers.
        caption: What it shows, for people who cannot see it.
    """
    cells = [list(row) for row in rows]
    numeric = [all(_is_number(row[place]) for row in cells) and bool(cells) for place in range(len(heads))]
    marks = [' class="n"' if one else "" for one in numeric]
    head = "".join(f'<th scope="col"{mark}>{escape(one)}</th>' for one, mark in zip(heads, marks, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{mark}>{escape(str(cell))}</td>' for cell, mark in zip(row, marks, strict=True))}</tr>"
        for row in cells
    )
    label, long = escape(caption, quote=True), " long" if len(cells) > _LONG else ""
    return (
        f'<div class="scroll{long}" role="region" aria-label="{label}" tabindex="0"><table aria-label="{label}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) or bool(re.fullmatch(r"[−+-]?[\d,.]+ ?%?|–", str(cell)))


def folded(title: str, *parts: str) -> str:
    """Parts behind a line that opens them."""
    return f"<details><summary>{escape(title)}</summary>{''.join(parts)}</details>"


def figure(drawn: Figure, *, name: str, alt: str, note: str = "") -> str:
    """A live figure.

    Args:
        drawn: From goracs_core.charts.
        name: Unique in the report; also the name of pictures saved from it.
        alt: What it shows and its main finding.
        note: Reading help below.
    """
    from goracs_core.charts.layout import name_in_hover

    config = {
        "displaylogo": False,
        "showSendToCloud": False,
        "responsive": True,
        "toImageButtonOptions": {"format": "svg", "filename": name},
    }
    content = name_in_hover(drawn).to_html(
        config=config, include_plotlyjs=False, full_html=False, div_id=f"figure-{name}", default_width="100%"
    )
    caption = f"<figcaption>{escape(note)}</figcaption>" if note else ""
    return f'<figure role="group" aria-label="{escape(alt, quote=True)}">{content}{caption}</figure>'


def document(title: str, summary: str, sections: Sequence[Section]) -> bytes:
    """The whole file in UTF-8.

    Args:
        title: Heading and title of the page.
        summary: One sentence below the heading.
        sections: In their order; one without parts is left out.
    """
    shown = [section for section in sections if section.parts]
    links = "".join(f'<li><a href="#{one.anchor}">{escape(one.title)}</a></li>' for one in shown)
    body = "".join(
        f'<section id="{one.anchor}"><h2>{escape(one.title)}</h2>{"".join(one.parts)}</section>' for one in shown
    )
    drawn = any("<figure" in part for section in shown for part in section.parts)
    library = f"<script>{_plotly()}</script>" if drawn else ""
    theme = f"<script>{_THEME}</script>" if drawn else ""
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>{library}</head>"
        f'<body><header><h1>{escape(title)}</h1><p>{escape(summary)}</p></header><nav aria-label="Contents"><ul>{links}'
        f"</ul></nav><main>{body}</main>{theme}</body></html>\n"
    )
    return page.encode()


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()
