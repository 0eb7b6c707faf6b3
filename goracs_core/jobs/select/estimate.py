"""What a selection will cost in seconds and bytes, told before it starts; pages and command line show the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goracs_core.budget import parse_budget
from goracs_core.data.precomputed import embeddings_shape
from goracs_core.data.store import load_dataset, read_manifest
from goracs_core.errors import ConfigError, GoracsError
from goracs_core.estimate import Estimate
from goracs_core.features.estimate import model_pass_seconds
from goracs_core.features.options import FeatureOptions
from goracs_core.features.store import read_features_meta
from goracs_core.jobs.memory import available_bytes
from goracs_core.jobs.select.run import RunSummary
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.source import SourceSpec
from goracs_core.methods import CertifiedConfig, SelectionConfig, config_from_dict, method_of
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_bytes, selection_seconds
from goracs_core.quantities import duration
from goracs_core.scores import ScoreKind
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.jobs.select.kind import SelectSpec

# Measured on two cores with prompts of a real shop; good to a factor of about three, and said so.
_START = 4.0  # a worker that has just come up, and its libraries
_SCALE = 8e-11  # measuring max(d), per pool x validation pair and number of an embedding
_GIVEN_SHARE = 0.1
_LEAST_RATIO = 0.25


def estimate_selection(
    config: SelectionConfig,
    sizes: Sizes,
    *,
    runs: Iterable[RunSummary] = (),
    model_pass: float = 0.0,
    scores_given: bool = False,
) -> Estimate:
    """Estimate from an earlier run of the same solver on this data, or else from the sizes alone.

    Args:
        config: What is to be run.
        sizes: Of the problem.
        runs: Finished runs on the same data.
        model_pass: Seconds of one pass of the language model over the pool; see `model_pass_seconds`.
        scores_given: Whether the scores come with the inputs, so that making them takes no time.
    """
    scores = 0.0 if scores_given else score_seconds(config, sizes, model_pass)
    expected = selection_seconds(config, sizes) + scores
    alike = [(run, earlier) for run in runs if (earlier := _alike(run, config, sizes, model_pass)) is not None]
    if alike:
        nearest, earlier = min(alike, key=lambda pair: abs(pair[0].budget - config.budget))
        before = selection_seconds(earlier, sizes) + score_seconds(earlier, sizes, model_pass)
        seconds = nearest.seconds * max(expected / before, _LEAST_RATIO)
        samples = "1 sample" if nearest.budget == 1 else f"{nearest.budget:,} samples"
        basis = f"the run with {samples} took {duration(nearest.seconds)}"
    else:
        seconds = _START + _SCALE * sizes.cells * sizes.width + expected
        basis = "a rough estimate from the sizes"
    if scores:
        basis += "; less where its scores are in the cache"
    if isinstance(config, CertifiedConfig) and config.max_seconds:
        seconds = min(seconds, _START + config.max_seconds)
    return Estimate(seconds, selection_bytes(config, sizes), basis, available_bytes())


def score_seconds(config: SelectionConfig, sizes: Sizes, model_pass: float) -> float:
    """Seconds that making the needed scores takes when nothing of them is in the cache.

    Args:
        config: What is to be run.
        sizes: Of the problem.
        model_pass: Seconds of one pass of the language model over the pool.
    """
    return method_of(config).score_seconds(config, sizes, model_pass) if config.needed_scores else 0.0


def needs_model(config: SelectionConfig) -> bool:
    """Whether the language model is asked for scores."""
    return any(kind is not ScoreKind.INFLUENCE for kind in config.needed_scores)


def estimate_select(asked: SelectSpec, workspace: Workspace) -> Estimate:
    """The estimate of a select job; reads sizes only, and the dataset's tables where scores cost time.

    Args:
        asked: What to choose from, and how.
        workspace: Whose finished runs tell how long such work takes.

    Raises:
        GoracsError: There is nothing to choose from, or an option that does not do.
    """
    spec = asked.to_dict()
    given, sizes = bool(spec.get("scores")), source_sizes(asked)
    config = _config(spec, sizes)
    if asked.dataset is None:
        return estimate_selection(config, sizes, scores_given=given)
    directory = Path(asked.dataset)
    fingerprint = read_manifest(directory)["fingerprint"]
    runs = [run for run in RunStore(workspace).list() if run.dataset_fingerprint == fingerprint]
    seconds = 0.0
    if needs_model(config) and not given:
        options = FeatureOptions.from_dict(read_features_meta(directory).get("options", {}))
        seconds = model_pass_seconds(load_dataset(directory), options)
    return estimate_selection(config, sizes, runs=runs, model_pass=seconds, scores_given=given)


def source_sizes(source: SourceSpec) -> Sizes:
    """Sizes of what is selected from, without reading the embeddings.

    Raises:
        GoracsError: There is nothing to choose from.
    """
    if source.dataset is not None:
        counts = read_features_meta(Path(source.dataset))["counts"]
        return Sizes(int(counts["pool"]), int(counts["validation"]), int(counts["width"]))
    if source.pool_embeddings is None or source.validation_embeddings is None:
        raise ConfigError(
            "nothing can be told without both embeddings; give --dataset, or both of them", code="no-source"
        )
    rows, width = embeddings_shape(Path(source.pool_embeddings))
    return Sizes(rows, embeddings_shape(Path(source.validation_embeddings))[0], width)


def _config(spec: Mapping[str, Any], sizes: Sizes) -> SelectionConfig:
    values = dict(spec["config"])
    return config_from_dict({**values, "budget": parse_budget(values.get("budget"), sizes.pool)})


def _alike(run: RunSummary, config: SelectionConfig, sizes: Sizes, model_pass: float) -> SelectionConfig | None:
    """The config of an earlier run that did the same kind of work; None for any other run."""
    if run.damaged or run.config is None or run.seconds <= 0:
        return None
    try:
        earlier = config_from_dict(run.config)
    except GoracsError:  # of another version of this program
        return None
    same = type(earlier) is type(config) and getattr(earlier, "bound", None) == getattr(config, "bound", None)
    limited = isinstance(earlier, CertifiedConfig) and earlier.max_seconds > 0
    # Where it is far quicker than scores can be made, they were given: that tells nothing of making them.
    given = run.seconds < _GIVEN_SHARE * score_seconds(earlier, sizes, model_pass)
    return earlier if same and not limited and not given else None
