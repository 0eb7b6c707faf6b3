"""For methods that optimise POO: what each selected sample costs in transport and brings in gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import contributions as charts
from pages._ui import blocks, columns, text, widgets

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run
    from pages._ui.samples import View

_COLUMNS = {
    "Title": columns.TITLE,
    "Distance": columns.number(
        "Distance", format="%.4f", help="Mean distance to what it covers, as a share of the largest distance"
    ),
    "λ · gradient": columns.number(
        "λ · gradient", format="%.4f", help="λ times gradient norm, as a share of the largest"
    ),
    "Contribution": columns.number("Contribution", format="%.4f", help=glossary.tooltip("contribution")),
    "Covers": columns.number("Covers", help=glossary.tooltip("partners")),
}


def show(seen: View, run: Run) -> None:
    """The scatter and the table; the mean of all contributions is POO."""
    scale, largest = float(run.metrics["distance_scale"]), float(run.metrics["gradient_scale"]) or 1.0
    transport = run.scores.mean_distances / scale
    reward = run.config.lambda_ * run.scores.gradient_norms / largest
    titles = [seen.title(int(row)) for row in run.selection.indices]
    order = np.argsort(-(transport - reward))
    table = pd.DataFrame(
        {
            "Title": titles,
            "Distance": transport,
            "λ · gradient": reward,
            "Contribution": transport - reward,
            "Covers": run.scores.served,
        }
    ).iloc[order]
    share = reward.mean() / max(transport.mean(), 1e-300)
    st.subheader(
        text.escape(
            f"Distances decide: λ·gradient is {share:.1%} of the transport cost of a sample on average."
            if share < 0.5
            else f"Gradient norms weigh heavily: λ·gradient is {share:.0%} of the transport cost on average."
        ),
        anchor=False,
    )
    left, right = st.columns([3, 2], gap="medium")
    with left:
        blocks.chart(
            charts.contributions(transport, reward, titles),
            key="contributions",
            alt=f"Mean distance from {transport.min():.3f} to {transport.max():.3f} and λ times gradient norm from "
            f"{reward.min():.3f} to {reward.max():.3f} of {len(titles)} selected samples.",
            note="A sample at the left covers its validation samples closely, one at the top has a large gradient "
            "norm. Samples on one dotted line contribute alike to POO.",
        )
    with right:
        alt = "Selected samples by contribution, the costliest first"
        widgets.table(table, key="contributions_table", alt=alt, columns=_COLUMNS, height=430)
