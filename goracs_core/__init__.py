"""GORACS Explorer's core: pick the training samples worth fine-tuning an LLM recommender on, and say why.

A Dataset has samples -> features (embeddings, gradient norms) make a Problem -> a selector turns
(Problem, config) into a Selection -> an evaluation says what it is worth -> charts show it -> a Run keeps it.
This package never imports Streamlit and does no work at import time.
"""

__version__ = "0.1.0"
