"""From an experiment to the leaderboard: entries that are not done stay out, and the table holds what was measured."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.errors import ConfigError
from goracs_core.jobs.experiment.leaderboard_table import leaderboard_markdown, leaderboard_table
from goracs_core.jobs.experiment.replicates import means, metrics_of, popularity_baseline, replicates, sample_rows
from goracs_core.llm.tuning.options import Recommender
from tests.leaderboard_made import WHOLE, made_experiment

LABELS = np.arange(200) % 2


def test_rows_are_those_of_the_entries_that_are_done() -> None:
    experiment = made_experiment("0" * 64, done=8, seeds=3)
    found = replicates(experiment, "test_loss")
    assert [(one.arm, one.budget, one.seeds) for one in found] == [
        ("random", 64, (0, 1, 2)),
        ("random", 256, (0, 1, 2)),
        ("goracs", 64, (0, 1)),
    ]
    assert np.array_equal(found[2].values, experiment.outcomes.losses[6:8])


@pytest.mark.parametrize("recommender", [Recommender.BIGREC, Recommender.TALLREC])
def test_means_over_samples_are_the_entries_own_values(recommender: Recommender) -> None:
    experiment = made_experiment("0" * 64, recommender=recommender)
    for metric in metrics_of(experiment):
        if metric.key == "auc":
            continue  # the made-up ones are not measured
        found = replicates(experiment, metric.key)
        for one in found:
            for seed, values in zip(one.seeds, one.values, strict=True):
                (entry,) = [e for e in experiment.entries if (e.arm, e.budget, e.seed) == (one.arm, one.budget, seed)]
                assert values.mean() == pytest.approx(entry.values[metric.key])
        assert len(sample_rows(experiment, metric.key)) == found[0].values.shape[1]


def test_the_table_has_a_line_per_arm_and_budget() -> None:
    experiment = made_experiment("0" * 64)
    table = leaderboard_table(experiment)
    assert len(table) == 2 * 5 + 1
    assert set(table.loc[table["budget"] == 64, "arm"]) == {"random", "goracs", "k-centre", "entropy", "herding"}
    losses = table.loc[table["budget"] == 64, "test_loss"].tolist()
    assert losses == sorted(losses)
    tested = table.loc[table["test_loss_p"].notna(), "arm"].tolist()
    assert not {"random", WHOLE} & {*tested}
    assert len(tested) == 2 * 4
    told = means(experiment, "poo")
    assert table["poo"].tolist() == [told[place][0] for place in zip(table["arm"], table["budget"], strict=True)]


def test_clicks_have_an_area_where_labels_are_given() -> None:
    experiment = made_experiment("0" * 64, recommender=Recommender.TALLREC)
    assert [metric.key for metric in metrics_of(experiment)] == ["test_loss", "auc"]
    assert "auc" not in leaderboard_table(experiment)
    table = leaderboard_table(experiment, labels=LABELS)
    assert all(0 < value < 1 for value in table["auc"])
    assert len(table.dropna(subset=["auc_p_corrected"])) == 8
    with pytest.raises(ConfigError, match="labels"):
        replicates(experiment, "auc")
    with pytest.raises(ConfigError, match="did not measure"):
        replicates(experiment, "ndcg@10")


def test_popularity_is_a_baseline_of_ranking_only() -> None:
    experiment = made_experiment("0" * 64)
    assert popularity_baseline(experiment, "test_loss") is None
    found = popularity_baseline(experiment, "sampled_hr@10")
    assert found is not None
    assert found.mean == pytest.approx(np.mean(experiment.outcomes.popular_sampled[0] < 10), abs=0.05)


def test_markdown_tells_what_and_how() -> None:
    experiment = made_experiment("0" * 64)
    text = leaderboard_markdown(experiment, metrics_of(experiment)[0])
    assert text.count("\n| ") == 1 + 2 * 5 + 1, "below the head: the line of alignments, then the arms"
    assert experiment.command in text
    assert "paired by test sample and seed" in text
    assert leaderboard_markdown(made_experiment("0" * 64, done=0), metrics_of(experiment)[0]).startswith("| k | arm |")
