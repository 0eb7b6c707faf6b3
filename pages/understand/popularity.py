"""Understand / Popularity bias: does the coreset prefer popular items?"""

from __future__ import annotations

import streamlit as st

from goracs_core.charts import popularity as charts
from goracs_core.evaluation.reading import popularity_reading
from pages._ui import blocks, frame, need, popularity_view, second_run, text, widgets

frame.begin("Popularity bias", "Does the coreset prefer popular items more than random selection does?")
ref = need.dataset()
run = need.run(ref)

words, picture = st.columns([2, 3], gap="medium")
with words:
    second = second_run.picker(ref, run)
report = popularity_view.report(ref, run, second)
names = list(report.coresets)
scale = report.scale
reference, first = report.random_for(names[0]), report.coresets[names[0]]

with words:
    for name in names:
        title = "Summary" if len(names) == 1 else f"Summary: {text.escape(name)}"
        blocks.summary(map(text.escape, popularity_reading(report, name)), title=title)
with picture:
    st.markdown("**Distribution of the samples**")
    blocks.chart(
        charts.histogram(report),
        key="popularity_histogram",
        alt="Share of samples by popularity of their target, in common log bins, for pool, validation and coreset; the "
        f"gray band contains {reference.level:.0%} of random coresets.",
        table=popularity_view.array_table(report, "histogram", "Interactions", scale.bin_labels),
        note="Popularity is counted over all training interactions before sampling; all groups use the same bins.",
    )
popularity_view.cards(report, names[0])
blocks.folded(
    lambda: widgets.table(popularity_view.scalar_table(report), key="measures", alt="All measures of all groups"),
    label="All measures as a table",
    key="all_measures",
    icon=":material/table:",
)

popularity_view.details(report, names[0])
