"""What testing a coreset costs beside training on it, for BIGRec with the small model on the demo.

Testing is the loss of the test samples that the default measures and a ranking of some of them; it should never take
longer than the training. The table says, too, how many could be ranked in the training's time.
Run with `python benchmarks/evaluation_cost.py`; the model is kept in --cache, since reading the titles takes a minute.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from goracs_core.data.demo import load_demo
from goracs_core.features.encoder import DEFAULT_ENCODER
from goracs_core.features.grounding import title_grounding
from goracs_core.llm.bigrec import rank_by_writing
from goracs_core.llm.tuning.base import base_model
from goracs_core.llm.tuning.fine_tune import fine_tuned
from goracs_core.llm.tuning.losses import sample_losses
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions
from goracs_core.ranking import sampled_negatives

GOAL = 1.0
BUDGETS = (64, 256, 512)


def spread(count: int, most: int) -> np.ndarray:
    """At most `most` of `count` rows, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def main() -> int:
    """Print one table; exit status 1 when testing takes longer than training."""
    measure, options = MeasureOptions(), FineTuneOptions()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--ranked", type=int, default=measure.ranked_samples or 100, help="test samples to rank")
    parser.add_argument("--budgets", type=int, nargs="+", default=BUDGETS)
    parser.add_argument("--cache", type=Path, help="folder for the model and the titles (default: made anew)")
    arguments = parser.parse_args()

    dataset = load_demo()
    test, rows, ranked = dataset.test, *(spread(len(dataset.test), n) for n in (measure.test_samples, arguments.ranked))
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        cache = arguments.cache or Path(folder)
        base = base_model(dataset, options, cache=cache)
        grounding = title_grounding(dataset, DEFAULT_ENCODER, cache=cache)
        negatives = sampled_negatives(
            test.targets[ranked],
            test.histories.take(ranked),
            ranked,
            num_items=len(dataset.items),
            count=measure.negatives,
            seed=measure.seed,
        )
        print(f"demo: loss of {len(rows)} test samples, {len(ranked)} ranked with {measure.beams} beams; seconds")
        print(f"{'k':>5}{'training':>10}{'loss':>8}{'ranking':>9}{'ratio':>8}{'goal':>6}{'could be ranked':>17}")
        for budget in arguments.budgets:
            chosen = np.random.default_rng(0).permutation(len(dataset.pool))[:budget]
            with fine_tuned(base, dataset, chosen, options, checkpoint=Path(folder) / "checkpoint") as trained:
                loss = sample_losses(trained.model, dataset, test, rows, max_tokens=options.max_tokens).seconds
                ranking = rank_by_writing(
                    trained.model,
                    test,
                    ranked,
                    grounding,
                    negatives,
                    beams=measure.beams,
                    max_tokens=options.max_tokens,
                ).seconds
            training = trained.log.seconds
            ratio = (loss + ranking) / training
            missed |= ratio > GOAL
            room = max(0.0, training - loss) / ranking * len(ranked)
            print(f"{budget:5}{training:10.1f}{loss:8.1f}{ranking:9.1f}{ratio:8.2f}{GOAL:6.0f}{room:17.0f}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
