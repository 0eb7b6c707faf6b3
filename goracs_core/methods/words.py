"""Words that several methods share."""

from __future__ import annotations

EVERY_DRAW = "Seed of all random draws. The same data, options and seed give the same coreset."

POOL_ONLY = "the pool's embeddings only"
BOTH = "the embeddings of pool and validation"

TRANSPORT_DECIDED = (
    "Optimal transport to the validation samples and gradient norms decided, no score of a single sample."
)

TRANSPORT_STAGE = {"transport": "Exact transport of the final selection"}
DRAW_STAGE = {"draw": "Random sampling"}

# Stages that make scores; they count for every method that ranks by them.
MODEL_STAGES = {
    "language model": "Training or loading the model that provides the scores",
    "el2n and entropy": "One pass of the language model over the pool, which computes both scores",
    "gradient norms": "One forward and backward pass over the pool for each initialization of the adapters",
}
INFLUENCE_STAGES = {
    "surrogate training": "Training of the small recommender on the pool, until its validation NDCG stops increasing",
    "influence": "Estimated change of the surrogate's mean training loss when a sample is removed",
}

# Stages of the two solvers of GORACS.
DISTANCES_STAGE = {"distances": "All pool x validation distances, where they fit into memory"}
GREEDY_STAGE = {
    "greedy": "Greedy selection of one sample at a time; only outdated gains at the top are recomputed",
}
EXCHANGES_STAGE = {"exchanges": "Exchanges of single samples, evaluated by exact transport"}
