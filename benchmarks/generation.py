"""Titles written in batches against one prompt at a time: the same texts, and how much faster, in one run.

Data: the demo. Model: the small one that has read titles alone, fine-tuned on a random coreset (how long texts are
depends on what a model has learnt). The other ways are transformers' own `generate` on the same prompts, one at a time
and in batches: the best of them takes three to four times as long as what the project does, and writes the same texts.
Run with `python benchmarks/generation.py`; the model is kept in --cache, since reading the titles takes a minute.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from goracs_core.data.demo import load_demo
from goracs_core.llm import beam_search, generate
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.generate import longest, write_texts
from goracs_core.llm.tuning.base import base_model
from goracs_core.llm.tuning.fine_tune import fine_tuned
from goracs_core.llm.tuning.options import FineTuneOptions

GOAL = 5.0
Write = Callable[[list[str]], list[str]]


def ways(model: CausalModel, *, beams: int, max_new: int) -> list[tuple[str, Write]]:
    """Ways to write, by name; the last one is what the project does."""

    def way(*, batch: int | None, shared: bool) -> Write:
        def write(prompts: list[str]) -> list[str]:
            with mock.patch.object(generate, "_MAX_BATCH", batch or generate._MAX_BATCH):
                if shared:
                    return write_texts(model, prompts, beams=beams, max_new=max_new, max_tokens=512)
                with mock.patch.object(beam_search, "can_share_prompts", return_value=False):
                    return write_texts(model, prompts, beams=beams, max_new=max_new, max_tokens=512)

        return write

    return [
        ("transformers' generate, one at a time", way(batch=1, shared=False)),
        ("... in batches of 8", way(batch=8, shared=False)),
        ("... in batches of 32", way(batch=32, shared=False)),
        ("prompts shared by beams, one at a time", way(batch=1, shared=True)),
        ("... in batches", way(batch=None, shared=True)),
    ]


def main() -> int:
    """Print one table; exit status 1 when the goal is missed or the texts differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=256, help="prompts to write for")
    parser.add_argument("--budget", type=int, default=256, help="samples the model is fine-tuned on")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each way; the fastest counts")
    parser.add_argument("--cache", type=Path, help="folder for the model (default: made anew)")
    arguments = parser.parse_args()

    dataset = load_demo()
    rows = np.random.default_rng(0).permutation(len(dataset.pool))[: arguments.budget]
    prompts = list(dict.fromkeys(dataset.test.prompts))[: arguments.samples]
    seconds: list[list[float]] = []
    texts: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        base = base_model(dataset, FineTuneOptions(), cache=arguments.cache or Path(folder))
        with fine_tuned(base, dataset, rows, FineTuneOptions(), checkpoint=Path(folder) / "checkpoint") as trained:
            max_new = longest(base.tokenizer, dataset.items.titles)
            tried = ways(trained.model, beams=arguments.beams, max_new=max_new)
            tried[-1][1](prompts[:64])  # warm up
            for _ in range(arguments.repeats):
                seconds.append([])
                texts = []
                for _, write in tried:
                    started = time.perf_counter()
                    texts.append(write(prompts))
                    seconds[-1].append(time.perf_counter() - started)
    least = np.min(seconds, axis=0)
    print(f"demo: {len(prompts)} prompts, {arguments.beams} beams, at most {max_new} tokens, one thread")
    print(f"{'':40}{'seconds':>9}{'ms/prompt':>11}{'ratio':>8}{'goal':>7}{'same texts':>12}")
    for (name, _), taken, written in zip(tried, least, texts, strict=True):
        same = np.mean([text == other for text, other in zip(written, texts[-1], strict=True)])
        aim = f"{GOAL:6.0f}x" if name == tried[0][0] else ""
        print(f"{name:40}{taken:9.2f}{1000 * taken / len(prompts):11.1f}{taken / least[-1]:7.1f}x{aim:>7}{same:12.1%}")
    agree = all(np.mean([a == b for a, b in zip(written, texts[-1], strict=True)]) >= 0.99 for written in texts)
    return int(least[0] / least[-1] < GOAL or not agree)


if __name__ == "__main__":
    sys.exit(main())
