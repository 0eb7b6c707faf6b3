"""Columns that several tables have: the same words, definitions and formats in each."""

from __future__ import annotations

from streamlit.column_config import CheckboxColumn, NumberColumn, ProgressColumn, TextColumn

from goracs_core import glossary
from pages._ui import blocks, proof

number, words, flag, share = NumberColumn, TextColumn, CheckboxColumn, ProgressColumn

BUDGET = number("k", help=glossary.tooltip("budget"), format="localized", width="small")
LAMBDA = number("λ", help=blocks.LAMBDA_HELP, format="%g", width="small")
POO = number("POO", help=blocks.POO_HELP, format="%.5f")
TRANSPORT = number("Transport term", help=blocks.TRANSPORT_HELP, format="%.5f")
GRADIENT = number("Gradient term", help=blocks.GRADIENT_HELP, format="%.5f")
LOWER_BOUND = number("Lower bound", help=proof.LOWER_HELP, format="%.5f")
GAP = number("Gap (%)", help=proof.GAP_HELP, format="%.3f", width="small")
TITLE = words("Title", width="large", help="Target item of the sample")
POPULARITY = number("Popularity", format="localized", help=glossary.tooltip("popularity"))
NORM = number("Gradient norm", format="%.4g", help=f"{glossary.tooltip('gradient_norm')} Validation samples have none.")
POOL_ROW = number("Pool row", width="small", help="Row of the pool, counted from 0")
TEST_LOSS = number("Test loss", format="%.4f", help=glossary.tooltip("test_loss"))
