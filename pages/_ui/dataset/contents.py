"""The contents of a dataset: sizes, preparation, popularity, histories, time, labels, and the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.charts import dataset as charts
from pages._ui import blocks, cache, columns, text, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset, Samples

_SEVERITIES = {"error": "Error", "warning": "Warning", "info": "Note"}


def overview(ref: DatasetRef) -> None:
    """The sizes."""
    counts, summary = ref.counts, cache.summary(ref)
    blocks.metrics(
        {
            "Items": (f"{counts['items']:,}", "v: items in the catalogue"),
            "Users": (f"{counts['users']:,}", "users with at least one interaction"),
            "Interactions": (f"{counts['interactions']:,}", "after filtering, before sampling"),
            "Head share": (
                f"{summary.head_share:.0%}",
                "share of interactions with the most popular 10 % of all items",
            ),
            "Pool": (f"{counts['pool']:,}", "n: samples available for selection"),
            "Validation": (f"{counts['validation']:,}", "m: samples to be covered by the coreset"),
            "Test": (f"{counts['test']:,}", "held out for evaluation"),
            "Density": (f"{summary.density:.2%}", "interactions per user-item pair"),
        },
        per_row=8,
    )
    dataset = cache.dataset(ref)
    unseen = float((dataset.items.popularity[dataset.validation.targets] == 0).mean())
    more = [f"{summary.num_untrained_items:,} items without training interactions"]
    more.append(f"{unseen:.0%} of the validation targets have no training interaction")
    more.append(f"{summary.repeat_share:.1%} repeats")
    if summary.first_time is not None and summary.last_time is not None:
        more.append(f"interactions from {_day(summary.first_time)} to {_day(summary.last_time)}")
    if summary.categories:
        more.append("categories: " + ", ".join(f"{name} ({count:,})" for name, count in summary.categories[:6]))
    st.caption(text.escape(" · ".join(more)))


def _day(time: float) -> str:
    return f"{pd.Timestamp(time, unit='s'):%Y-%m-%d}"


def report(ref: DatasetRef) -> None:
    """What the loader found, by file, row and column; and the counts after each step."""
    provenance = ref.manifest["provenance"]
    entries: list[dict[str, Any]] = provenance.get("report", [])
    steps: list[dict[str, Any]] = provenance.get("steps", [])
    if not entries and not steps:
        return
    warnings = sum(entry.get("severity") == "warning" for entry in entries)
    title = f"Preparation: {len(entries)} note{'s' if len(entries) != 1 else ''}"
    title += f", including {warnings} warnings" if warnings else ""
    with st.expander(title, icon=":material/fact_check:", expanded=warnings > 0):
        if entries:
            found = {"Finding": columns.words(width="large")}
            widgets.table(report_table(entries), key="report", alt="Messages of the loader", columns=found)
        if steps:
            widgets.table(pd.DataFrame(steps), key="steps", alt="Counts after each step", width="content")


def report_table(entries: list[dict[str, Any]]) -> pd.DataFrame:
    """Report entries as a table."""
    return pd.DataFrame(
        {
            "Kind": [_SEVERITIES.get(str(entry.get("severity")), str(entry.get("severity"))) for entry in entries],
            "File": [entry.get("file") or "" for entry in entries],
            "Row": [None if entry.get("row") is None else int(entry["row"]) for entry in entries],
            "Column": [entry.get("column") or "" for entry in entries],
            "Finding": [entry.get("message", "") for entry in entries],
            "Count": [int(entry.get("count", 1)) for entry in entries],
        }
    ).astype({"Row": "Int64"})


def figures(ref: DatasetRef) -> None:
    """Popularity, histories, time and labels."""
    dataset = cache.dataset(ref)
    left, right = st.columns(2)
    with left:
        _popularity(ref)
    with right:
        _histories(dataset)
    drawn = [_times] if dataset.pool.times is not None else []
    drawn += [_labels] if dataset.pool.labels is not None else []
    for place, draw in zip(st.columns(max(len(drawn), 1)), drawn, strict=False):
        with place:
            draw(dataset)


def _popularity(ref: DatasetRef) -> None:
    dataset = cache.dataset(ref)
    popularity = dataset.items.popularity
    order = np.argsort(popularity, kind="stable")[::-1]
    share = cache.summary(ref).head_share
    titles = [dataset.items.titles[i] for i in order[:200]]
    said = f"The most popular 10 % of the items have {share:.0%} of the interactions."
    st.markdown("**Item popularity**")
    blocks.chart(
        charts.popularity_curve(popularity),
        key="popularity_curve",
        alt=f"Interactions per item by rank, log-log. {said}",
        table=pd.DataFrame({"Title": titles, "Interactions": popularity[order[:200]]}),
        note=f"{said} The table lists the top 200.",
    )


def _histories(dataset: Dataset) -> None:
    lengths = {str(split): samples.histories.lengths for split, samples in dataset.parts() if len(samples)}
    longest = max(int(values.max()) for values in lengths.values())
    counts = {name.capitalize(): np.bincount(values, minlength=longest + 1) for name, values in lengths.items()}
    st.markdown("**History lengths**")
    blocks.chart(
        charts.history_lengths(lengths),
        key="history_lengths",
        alt="; ".join(f"{name}: {values.mean():.1f} items on average" for name, values in lengths.items()),
        table=pd.DataFrame({"Length": np.arange(longest + 1)} | counts),
        note="Number of previous items in the prompt, as a share of each split.",
    )


def _times(dataset: Dataset) -> None:
    times = {str(split): part.times for split, part in dataset.parts() if part.times is not None and len(part)}
    starts = [pd.Timestamp(values.min(), unit="s") for values in times.values()]
    ends = [pd.Timestamp(values.max(), unit="s") for values in times.values()]
    table = pd.DataFrame({"Part": list(times), "From": starts, "To": ends})
    first, last = table["From"].min(), table["To"].max()
    st.markdown("**Samples over time**")
    blocks.chart(
        charts.time_span(times),
        key="time_span",
        alt=f"Samples over time from {first:%Y-%m-%d} to {last:%Y-%m-%d}.",
        table=table,
        note=f"{first:%Y-%m-%d} to {last:%Y-%m-%d}.",
    )


def _labels(dataset: Dataset) -> None:
    labels = {str(split): part.labels for split, part in dataset.parts() if part.labels is not None and len(part)}
    shares = {name: float(values.mean()) for name, values in labels.items()}
    st.markdown("**Share of Yes answers**")
    blocks.chart(
        charts.label_shares(labels),
        key="label_shares",
        alt="; ".join(f"{name}: {share:.0%} yes" for name, share in shares.items()),
        table=pd.DataFrame({"Part": list(shares), "Share of Yes": list(shares.values())}),
    )


def samples(ref: DatasetRef) -> None:
    """Browse the samples: the prompt and the answer exactly as the language model reads them."""
    dataset = cache.dataset(ref)
    st.subheader("Samples as prompts and answers", anchor=False)
    left, middle, right = st.columns([3, 2, 4], vertical_alignment="bottom")
    parts = [str(split) for split, samples in dataset.parts() if len(samples)]
    part = widgets.choice("Part", parts, key="browse_part", place=left, **KEPT)
    search = right.text_input("Search", key="browse_search", placeholder="Words in prompt or answer", type="search")
    chosen = next(samples for split, samples in dataset.parts() if str(split) == part)
    rows = _matching(chosen, search)
    if len(rows) == 0:
        st.info("No sample contains these words.", icon=":material/search_off:")
        return
    first = 1 if search else 0  # matches are counted, rows have the numbers that exports give them
    key, last = ("browse_match" if search else "browse_row"), len(rows) - 1 + first
    if st.session_state.get(key, first) > last:  # the search has fewer hits than before, or the part fewer samples
        st.session_state[key] = first
    label = f"Match, 1 to {last:,}" if search else f"Row, 0 to {last:,}"
    row = int(rows[widgets.whole(label, first, last, first, key=key, place=middle) - first])
    about = [f"id {text.escape(chosen.ids[row])}", f"row {row:,} of the {part}"]
    about.append(f"target: {text.escape(dataset.items.titles[int(chosen.targets[row])])}")
    st.caption(" · ".join(about))
    st.code(chosen.prompts[row], language=None, wrap_lines=True)
    st.code(chosen.answers[row], language=None, wrap_lines=True)


def _matching(chosen: Samples, search: str) -> np.ndarray:
    words = search.casefold().split()
    if not words:
        return np.arange(len(chosen))
    texts = zip(chosen.prompts, chosen.answers, strict=True)
    return np.flatnonzero([all(word in f"{p} {a}".casefold() for word in words) for p, a in texts])
