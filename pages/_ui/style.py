"""The stylesheet of the frame: one bar of 60 pixels that stays in sight, wide content, columns that wrap early."""

from __future__ import annotations

# The bar lies in Streamlit's own header, beside its navigation, so that no second row takes room away from the answers.
# Streamlit's own small text has a contrast below 4.5:1 in three places (WCAG 2.2, 1.4.3): shortcuts on colored buttons,
# the chosen tab or segment on a dark background, where the primary color has to carry white text as well, and the words
# of code on a light one.
STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 4.25rem 2rem 4rem 2rem; }
kbd { color: inherit !important; opacity: 1 !important; }
/* Slanted letters reach a pixel beyond the box of a formula, which would make it a region to scroll. */
.katex-display { padding-inline: 0.25rem; }
[data-testid="stSliderThumbValue"] p { color: light-dark(#1f5fa8, #9cc5f5) !important; }
button[data-selected="true"] p, [role="tab"][aria-selected="true"] p { color: light-dark(#1f5fa8, #9cc5f5) !important; }
[data-testid="stCode"] .token { color: inherit !important; }
[data-testid="stCode"] .token:is(.keyword, .parameter, .number) { color: light-dark(#1f5fa8, #9cc5f5) !important; }
[data-testid="stCode"] .token.string { color: light-dark(#1b6b35, #8fd0a0) !important; }
.st-key-frame_bar h1 { font-size: 1.15rem; padding: 0; white-space: nowrap; }
.st-key-frame_bar [data-testid="stElementContainer"]:empty { display: none; }
@media (min-width: 1100px) {
  .st-key-frame_bar {
    position: fixed; top: 0; right: 3.25rem; z-index: 1000000; height: 60px; width: auto !important;
    flex-wrap: nowrap; gap: 0.5rem; justify-content: flex-end;
  }
  .st-key-frame_bar > * { flex: 0 0 auto; width: auto; }
  .st-key-frame_bar > .st-key-dataset_picker { flex: 0 1 9rem; min-width: 6rem; }
  .st-key-frame_bar > .st-key-run_picker { flex: 0 1 15rem; min-width: 8rem; }
}
@media (min-width: 900px) { /* beside the page's question, so that the map has the height */
  [data-testid="stMain"] [data-testid="stLayoutWrapper"]:has(> .st-key-map_controls) { margin-top: -2.9rem; }
}
@media (max-width: 1099px) {
  [data-testid="stMainBlockContainer"] { padding-left: 1rem; padding-right: 1rem; }
}
/* On narrow pages columns wrap before what is in them is cut; below 641 pixels Streamlit stacks them anyway. */
@media (min-width: 641px) {
  [data-testid="stMain"] [data-testid="stColumn"] {
    &:has([data-testid="stNumberInput"]) { min-width: 7.5rem; }
    &:has([data-testid="stTextInput"]) { min-width: 8rem; }
    &:has([data-testid="stPopover"]) { min-width: 7rem; }
    &:has([data-testid="stCheckbox"]) { min-width: 9rem; }
    &:has([data-testid="stSelectbox"]) { min-width: 10rem; }
    &:has([data-testid="stMetric"]) { min-width: 8.5rem; }
  }
  [data-testid="stMain"] [data-testid="stHorizontalBlock"]:not(:has(> :nth-child(5))) > [data-testid="stColumn"] {
    &:has([data-testid="stButtonGroup"]) { min-width: 14rem; }
    &:has([data-testid="stMetric"]) { min-width: 11rem; }
  }
  [data-testid="stMain"] [data-testid="stHorizontalBlock"]:not(:has(> :nth-child(3)))
    > [data-testid="stColumn"]:has([data-testid="stPlotlyChart"]) { min-width: 20rem; }
  .st-key-plan_views [data-testid="stColumn"]:has([data-testid="stPlotlyChart"]) { min-width: 26rem !important; }
  .st-key-experiment_row > [data-testid="stElementContainer"]:has([data-testid="stSelectbox"]) { min-width: 24rem; }
}
</style>"""
