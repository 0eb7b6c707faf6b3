"""The scores that a method needs: computed from a dataset by the models its options name, or found in the cache."""

from __future__ import annotations

from pathlib import Path

from goracs_core.errors import ConfigError
from goracs_core.jobs.inputs import SelectInputs
from goracs_core.methods import METHODS, DealRecConfig, GrandConfig, SelectionConfig
from goracs_core.progress import Progress, silent
from goracs_core.scores import SampleScores, ScoreKind, Scores


def needed_scores(config: SelectionConfig, inputs: SelectInputs, *, cache: Path, progress: Progress = silent) -> Scores:
    """All scores that `config.needed_scores` asks for; none for a method that asks for none.

    A score that was given with the inputs stands for whichever score the method needs.

    Args:
        config: The method.
        inputs: What is selected from.
        cache: Where models, scores and their parts computed before are found again.
        progress: Told the stages; may raise JobCancelled.

    Raises:
        ConfigError: A given score that the method has no use for.
        DataError, ModelError: It cannot be computed from this dataset, or by this model.
    """
    if inputs.scores is not None and not config.needed_scores:
        raise ConfigError(
            f"scores were given, but the method {config.method} does not rank by scores; leave --scores out, or "
            f"choose a method that does ({', '.join(one.name for one in METHODS.values() if one.needs.scores)})",
            code="idle-option",
            fields={"option": "scores", "method": config.method},
        )
    return Scores.of(_score(kind, config, inputs, cache, progress) for kind in config.needed_scores)


def _score(
    kind: ScoreKind, config: SelectionConfig, inputs: SelectInputs, cache: Path, progress: Progress
) -> SampleScores:
    if inputs.scores is not None:
        return SampleScores(kind, inputs.scores, "precomputed")
    if inputs.dataset is None:
        raise TypeError("bare arrays have nothing to compute scores from; `SelectInputs.config` refuses them")
    if kind is ScoreKind.INFLUENCE:
        from goracs_core.surrogate.scores import influence_scores

        asked = config if isinstance(config, DealRecConfig) else DealRecConfig(config.budget)
        return influence_scores(inputs.dataset, asked, cache=cache, progress=progress)
    from goracs_core.features.difficulty import difficulty_scores

    draws = config.draws if isinstance(config, GrandConfig) else GrandConfig.draws
    return difficulty_scores(kind, inputs.dataset, Path(inputs.directory), draws=draws, cache=cache, progress=progress)
