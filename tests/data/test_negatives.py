"""Click prediction without ratings: for every Yes a No about an item its user never touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.data.dataset import Dataset, Split, Task
from goracs_core.data.loaders.source import ColumnMapping, SourceOptions
from goracs_core.data.negatives import draw_untouched
from goracs_core.data.options import Negatives, PrepareOptions
from goracs_core.data.prepare import prepare
from goracs_core.data.prompts import ctr_prompt
from goracs_core.errors import ConfigError, DataError
from tests.data.sources import shop_log, write_lines
from tests.refusals import told

UNRATED = SourceOptions(mapping=ColumnMapping(rating=""))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop_log(tmp_path_factory.mktemp("log") / "log.csv")


def made(path: Path, negatives: str = "uniform", **options: object) -> Dataset:
    chosen = PrepareOptions(task=Task.CTR, negatives=Negatives(negatives), **options)  # pyright: ignore[reportArgumentType]
    return prepare(path, chosen, source_options=UNRATED)[0]


@pytest.mark.parametrize("negatives", ["uniform", "popular"])
def test_every_yes_has_a_no_about_an_item_its_user_never_touched(log: Path, negatives: str):
    dataset = made(log, negatives, k_core=2, max_pool=41)
    touched = set(zip(dataset.interactions.users.tolist(), dataset.interactions.items.tolist(), strict=True))
    assert len(dataset.pool) == 40
    for _, samples in dataset.parts():
        assert samples.labels is not None
        assert samples.history_labels is not None
        assert (samples.history_labels.values == 1).all()
        yes, no = np.arange(0, len(samples), 2), np.arange(1, len(samples), 2)
        assert (samples.labels[yes] == 1).all()
        assert (samples.labels[no] == 0).all()
        assert (samples.users[yes] == samples.users[no]).all()
        assert samples.times is not None
        assert (samples.times[yes] == samples.times[no]).all()
        pairs = list(zip(samples.users.tolist(), samples.targets.tolist(), strict=True))
        assert all(pairs[row] in touched for row in yes)
        assert not any(pairs[row] in touched for row in no)
        for row in (0, len(samples) - 1):
            liked = [dataset.items.titles[item] for item in samples.histories[row]]
            title = dataset.items.titles[samples.targets[row]]
            assert samples.prompts[row] == ctr_prompt(liked, [], title)
            assert samples.answers[row] == ("Yes", "No")[row % 2]
            assert samples.histories[row - row % 2].tolist() == samples.histories[row].tolist()


def test_the_record_says_so_and_counts_both(log: Path):
    dataset = made(log, k_core=2, max_pool=40, seed=3)
    counts = dataset.provenance["samples"]["pool"]
    assert counts["kept"] == len(dataset.pool) == 40
    assert counts["available"] % 2 == 0
    first, last = dataset.sampling_notes
    assert first.startswith(f"40 of {counts['available']:,} pool samples, by popularity decile")
    assert "every No is made up: an item drawn uniformly" in last
    assert "seed 3" in last
    assert all(f" {split} " in last for split in Split)  # so that derived datasets keep the sentence
    assert dataset.provenance["options"]["negatives"] == "uniform"


def test_the_same_seed_draws_the_same_and_the_option_decides(log: Path):
    first = made(log, k_core=2)
    assert first.fingerprint == made(log, k_core=2).fingerprint
    others = {made(log, k_core=2, seed=1).fingerprint, made(log, "popular", k_core=2).fingerprint}
    assert len({first.fingerprint, *others}) == 3
    yes = [made(log, how, k_core=2).pool.targets[::2].tolist() for how in ("uniform", "popular")]
    assert yes[0] == yes[1]


@given(seed=st.integers(0, 1000), weighted=st.booleans())
@settings(max_examples=30)
def test_draws_avoid_what_was_touched_and_follow_the_weights(seed: int, weighted: bool):
    rng = np.random.default_rng(seed)
    users, items = rng.integers(4, size=12), rng.integers(7, size=12)
    weights = rng.integers(0, 4, 7).astype(float) if weighted else np.ones(7)
    asked = np.repeat(np.arange(5), 40)  # the last user touched nothing
    allowed = {user: [i for i in range(7) if weights[i] > 0 and i not in items[users == user]] for user in range(5)}
    if not all(allowed.values()):
        with pytest.raises(DataError, check=told("no-untouched-item")):
            draw_untouched(asked, users, items, np.zeros(7) if not weights.any() else weights, rng=rng)
        return
    drawn = draw_untouched(asked, users, items, weights, rng=rng)
    assert all(item in allowed[user] for user, item in zip(asked.tolist(), drawn.tolist(), strict=True))


def test_draws_are_in_proportion_even_where_nearly_everything_was_touched():
    """One user may only get items 98 and 99 of a hundred; the weights say once and three times."""
    weights = np.ones(100)
    weights[99] = 3
    drawn = draw_untouched(np.zeros(4000, int), np.zeros(98, int), np.arange(98), weights, rng=np.random.default_rng(0))
    assert set(drawn.tolist()) == {98, 99}
    assert np.mean(drawn == 99) == pytest.approx(0.75, abs=0.03)
    alike = draw_untouched(np.zeros(6000, int), np.array([0]), np.array([2]), np.ones(4), rng=np.random.default_rng(1))
    assert np.bincount(alike, minlength=4) / 6000 == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3], abs=0.03)


def test_what_does_not_go_together_is_refused_with_a_sentence(log: Path, tmp_path: Path):
    with pytest.raises(ConfigError, check=told("bad-option", option="negatives", task="seqrec")):
        PrepareOptions(negatives=Negatives.UNIFORM)
    with pytest.raises(ConfigError, check=told("bad-option", option="negatives", value="many")):
        PrepareOptions(task=Task.CTR, negatives="many")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, check=told("bad-option", option="max_validation")):
        PrepareOptions(task=Task.CTR, negatives=Negatives.POPULAR, max_validation=1)
    with pytest.raises(DataError, check=told("has-ratings")):
        prepare(log, PrepareOptions(task=Task.CTR, negatives=Negatives.UNIFORM))
    with pytest.raises(DataError, check=told("no-ratings")):
        prepare(log, PrepareOptions(task=Task.CTR), source_options=UNRATED)
    asked = {
        "instruction": 'Say whether the user will like the target movie, "Yes." or "No.".',
        "input": 'User Preference: "A"\nUser Unpreference: "B"\nWhether the user will like the movie "C"?',
    }
    instructions = write_lines(tmp_path / "ctr.jsonl", [asked | {"output": answer} for answer in ("Yes.", "No.") * 10])
    with pytest.raises(ConfigError, check=told("bad-option", option="negatives", value="uniform")):
        prepare(instructions, PrepareOptions(task=Task.CTR, negatives=Negatives.UNIFORM))
