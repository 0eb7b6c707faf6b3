"""Understand / Popularity bias: does the coreset prefer popular items?"""

from __future__ import annotations

import streamlit as st

from goracs_core.charts import popularity as charts
from goracs_core.evaluation.popularity_scale import CLASS_NAMES
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

shares, lifts = st.columns(2)
with shares:
    st.markdown("**Head, mid, tail**")
    head, mid, tail = first.class_shares
    blocks.chart(
        charts.class_shares(report),
        key="class_shares",
        alt=f"Head {head:.0%}, mid {mid:.0%}, tail {tail:.0%} of the coreset's samples, compared with pool, validation "
        "and random coresets.",
        table=popularity_view.array_table(report, "class_shares", "Class", CLASS_NAMES),
        note="Head and tail: the most and the least popular items with about 20 % of all interactions each.",
    )
with lifts:
    st.markdown("**Lift per popularity decile**")
    blocks.chart(
        charts.lift(report),
        key="lift",
        alt="Share of each popularity decile of the pool in the coreset, relative to its share in the pool; from "
        f"{first.lift.min():.2f} to {first.lift.max():.2f}.",
        table=popularity_view.array_table(report, "lift", "Interactions", scale.decile_labels),
        note="Each decile contains about 10 % of the pool samples; samples of equal popularity are not separated. 1 is "
        "neutral.",
    )
spread, by_category = st.columns(2)
with spread:
    st.markdown("**Distribution over the catalogue**")
    points = tuple(f"{point}%" for point in range(101))
    blocks.chart(
        charts.lorenz(report),
        key="lorenz",
        alt=f"Lorenz curves of samples over catalogue items; the coreset's Gini is {first.gini:.3f}, random coresets "
        f"{reference.low.gini:.3f} to {reference.high.gini:.3f}.",
        table=popularity_view.array_table(report, "lorenz", "Catalogue", points),
        note="Any small set leaves most items unused: compare the coreset with the band, not with the pool.",
    )
with by_category:
    st.markdown("**By category**")
    if scale.categories:
        blocks.chart(
            charts.categories(report),
            key="categories",
            alt="Share of samples per category for pool, validation and coreset, with the random interval.",
            table=popularity_view.array_table(report, "category_shares", "Category", scale.categories),
            note=f"Divergence from the categories of the validation samples: {first.category_js:.4f} bit; random "
            f"{reference.low.category_js:.4f} to {reference.high.category_js:.4f}.",
        )
    else:
        st.info("This dataset has no categories.", icon=":material/category:")
blocks.provenance(
    f"Random reference: {reference.draws} coresets of the same size drawn from the pool without replacement, seed "
    f"{reference.seed}, {reference.level:.0%} percentile interval."
)
