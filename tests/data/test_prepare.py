"""From a source to a Dataset: every option changes what it says, and the record of it adds up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.data.dataset import Dataset, Task
from goracs_core.data.loaders.source import SourceOptions
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.report import Severity, ValidationReport
from goracs_core.data.splits import SplitMethod
from goracs_core.errors import JobCancelled
from goracs_core.progress import Progress
from tests.data.sources import shop_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop_log(tmp_path_factory.mktemp("log") / "log.csv")


def made(path: Path, **options: object) -> Dataset:
    return prepare(path, PrepareOptions(**options))[0]  # pyright: ignore[reportArgumentType]


def test_global_time_is_the_default_with_times_and_does_not_leak(log: Path):
    dataset = made(log)
    assert dataset.provenance["split"] == "global-time"
    times = [samples.times for _, samples in dataset.parts()]
    assert times[0] is not None
    assert times[1] is not None
    assert times[2] is not None
    assert times[0].max() < times[1].min()
    assert times[1].max() < times[2].min()
    total = sum(len(samples) for _, samples in dataset.parts())
    for part in (dataset.validation, dataset.test):
        assert abs(len(part) - 0.1 * total) <= 2


def test_histories_are_the_items_before_in_the_log(log: Path):
    dataset = made(log, k_core=1, max_history=3)
    frame = pd.read_csv(log).sort_values("time", kind="stable")
    for _, samples in dataset.parts():
        assert samples.times is not None
        for row in range(0, len(samples), 7):
            user = dataset.interactions.user_ids[samples.users[row]]
            earlier = (frame["user"] == user) & (frame["time"] < samples.times[row])
            before = frame.loc[earlier, "item"].tolist()
            expected = [f"Title {item[1:]}" for item in before[-3:]]
            assert [dataset.items.titles[i] for i in samples.histories[row]] == expected
            assert samples.ids[row] == f"{user}@{len(before)}"


@given(
    task=st.sampled_from(list(Task)),
    split=st.sampled_from([SplitMethod.AUTO, SplitMethod.GLOBAL_TIME, SplitMethod.PER_USER_LAST]),
    max_history=st.integers(1, 6),
    min_history=st.integers(0, 1),
    seed=st.integers(0, 3),
)
@settings(max_examples=25)
def test_laws_under_any_options(
    log: Path, task: Task, split: SplitMethod, max_history: int, min_history: int, seed: int
):
    options = PrepareOptions(
        task=task, split=split, max_history=max_history, min_history=min_history, seed=seed, k_core=2, max_pool=50
    )
    dataset, report = prepare(log, options)
    assert len(dataset.pool) == 50
    assert len(dataset.sampling_notes) == 1
    for _, samples in dataset.parts():
        assert samples.histories.lengths.max(initial=0) <= max_history
        assert samples.histories.lengths.min(initial=99) >= min_history
        assert (samples.labels is None) == (task is Task.SEQREC)
        titles = [dataset.items.titles[i] for i in samples.targets]
        if task is Task.SEQREC:
            assert list(samples.answers) == titles
        else:
            assert set(samples.answers) <= {"Yes", "No"}
            assert all(f'"{title}"' in prompt for title, prompt in zip(titles, samples.prompts, strict=True))
    assert not [entry for entry in report.entries if entry.severity is Severity.ERROR]


def test_popularity_counts_the_training_part_before_sampling(log: Path):
    whole, limited = made(log, k_core=1), made(log, k_core=1, max_pool=20)
    assert whole.items.popularity.tolist() == limited.items.popularity.tolist()
    assert whole.validation.times is not None
    frame = pd.read_csv(log)
    counts = Counter(frame.loc[frame["time"] < whole.validation.times.min(), "item"])
    assert whole.items.popularity.tolist() == [counts[item] for item in whole.items.ids]


def test_a_sample_is_a_subset_with_the_same_texts(log: Path):
    whole, limited = made(log), made(log, max_pool=60, max_validation=10, max_test=5)
    for (_, large), (_, small) in zip(whole.parts(), limited.parts(), strict=True):
        texts = dict(zip(large.ids, zip(large.prompts, large.answers, strict=True), strict=True))
        assert all(texts[i] == (p, a) for i, p, a in zip(small.ids, small.prompts, small.answers, strict=True))
    assert [len(samples) for _, samples in limited.parts()] == [60, 10, 5]
    assert limited.sampling_notes[0] == f"60 of {len(whole.pool)} pool samples, by popularity decile, seed 0"
    assert len(limited.sampling_notes) == 3
    assert whole.sampling_notes == ()
    assert made(log, max_test=0).test.ids == ()


def test_sampled_shares_follow_popularity(log: Path):
    whole, limited = made(log), made(log, max_pool=100)
    means = [np.log1p(d.items.popularity[d.pool.targets]).mean() for d in (whole, limited)]
    assert abs(means[0] - means[1]) < 0.05


def test_seed_decides_the_draw_and_nothing_else_does(log: Path):
    assert made(log, max_pool=60).fingerprint == made(log, max_pool=60).fingerprint
    assert made(log, max_pool=60).pool.ids != made(log, max_pool=60, seed=1).pool.ids


def test_k_core_and_its_default(tmp_path: Path):
    def fewest(dataset: Dataset) -> int:
        return int(np.bincount(dataset.interactions.items).min())

    tail = shop_log(tmp_path / "tail.csv", items=60)
    assert fewest(made(tail, k_core=1)) < 5 <= fewest(made(tail)) < 8 <= fewest(made(tail, k_core=8))
    assert made(tail).fingerprint == made(tail, k_core=5).fingerprint
    assert made(tail).provenance["steps"][1]["step"] == "5-core"


def test_ctr_labels_follow_the_threshold(log: Path):
    low, high = made(log, task="ctr", rating_threshold=2), made(log, task="ctr", rating_threshold=4)
    assert low.pool.labels is not None
    assert high.pool.labels is not None
    assert low.pool.labels.mean() > high.pool.labels.mean() > 0
    ratings = low.interactions.ratings
    assert ratings is not None
    kept = {str(i): int(r > 2) for i, r in zip(low.interactions.users, ratings, strict=True)}
    assert set(kept.values()) == {0, 1}
    limited = made(log, task="ctr", max_pool=50)
    assert limited.sampling_notes[0].endswith("by label, seed 0")


def test_unrated_rows_are_dropped_for_ctr_only(tmp_path: Path):
    path = shop_log(tmp_path / "log.csv")
    frame = pd.read_csv(path, dtype=str)
    frame.loc[:9, "rating"] = ""
    frame.to_csv(path, index=False)
    assert len(made(path, k_core=1).interactions) == len(frame)
    dataset, report = prepare(path, PrepareOptions(task=Task.CTR, k_core=1))
    assert len(dataset.interactions) == len(frame) - 10
    assert [entry.count for entry in report.warnings] == [10]


def test_given_split_may_be_interleaved_in_time(tmp_path: Path):
    path = tmp_path / "log.csv"
    rows = ["u,a,1,train", "u,b,2,valid", "u,c,3,train", "u,d,4,test", "u,e,5,valid"]
    path.write_text("user,item,time,split\n" + "\n".join(rows) + "\n")
    dataset = made(path)
    titles = dataset.items.titles

    def histories(samples: object) -> list[list[str]]:
        return [[titles[i] for i in row] for row in samples.histories]  # pyright: ignore[reportAttributeAccessIssue]

    assert histories(dataset.pool) == [["a"]], "b is a validation answer and stays unseen"
    assert histories(dataset.validation) == [["a"], ["a", "b", "c"]]
    assert histories(dataset.test) == [["a", "b", "c"]]


def test_name_and_domain(log: Path):
    dataset = made(log, name="Shop", domain="board games")
    assert dataset.name == "Shop"
    assert "board games" in dataset.pool.prompts[0]
    assert made(log).name == "log"


def test_provenance_tells_what_was_done(log: Path):
    options = PrepareOptions(max_pool=10, task=Task.CTR)
    dataset, report = prepare(log, options)
    record = dataset.provenance
    assert PrepareOptions(**record["options"]) == options
    assert record["source"] == {"name": "log.csv", "kind": "tables", "files": ["log.csv"]}
    catalogue = log.with_name("titles.csv")
    catalogue.write_text("item,title\n" + "".join(f"i{n},Name {n}\n" for n in range(15)))
    named, _ = prepare(log, options, source_options=SourceOptions(items=catalogue))
    assert named.provenance["source_options"]["items"] == "titles.csv", "no path of this machine"
    assert record["steps"][0] == {"step": "read", "interactions": 480, "users": 40, "items": 15}
    assert record["samples"]["pool"]["kept"] == 10
    assert record["samples"]["pool"]["available"] > 10
    assert ValidationReport.from_list(record["report"]) == report


def test_repeats_of_an_item_are_kept(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text("user,item,time\n" + "".join(f"u,a,{t}\n" for t in range(10)))
    dataset = made(path, k_core=5)
    assert len(dataset.interactions) == 10
    assert dataset.test.histories[0].tolist() == [0] * 9


def test_a_cancelled_progress_stops_it(log: Path):
    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        if stage == "write prompts":
            raise JobCancelled

    with pytest.raises(JobCancelled):
        prepare(log, PrepareOptions(), progress=Progress(cancel))
