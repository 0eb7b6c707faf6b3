"""What a surrogate sees: padding never, the future never (BERT4Rec both sides), and its parts make up the whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from goracs_core.surrogate.blocks import SequenceModel
from goracs_core.surrogate.graphs import Propagate, propagation, together_similarity, transition_counts
from goracs_core.surrogate.losses import NEGATIVES, NextItemLoss
from goracs_core.surrogate.sasrec import SASRec
from goracs_core.surrogate.sequences import TrainingSequences
from tests.surrogate.shops import ITEMS, SMALL, fresh_model

NAMES = ("sasrec", "bert4rec", "dcrec")
HISTORIES = torch.tensor([[3, 7, 1, 9, 4], [0, 0, 5, 2, 2], [0, 0, 0, 0, 8]])


def places(model: SequenceModel, tokens: torch.Tensor) -> torch.Tensor:
    """States at every place; shape [b, t, d]."""
    with torch.no_grad():
        inputs, residual = model.open_states(tokens)
        return model.finish(model.influence_layer(inputs), residual)


@pytest.mark.parametrize("name", NAMES)
def test_padding_changes_nothing(name: str) -> None:
    model = fresh_model(name)
    wide = torch.cat([torch.zeros(3, 2, dtype=torch.int64), HISTORIES], dim=1)
    with torch.no_grad():
        torch.testing.assert_close(model(wide), model(HISTORIES), rtol=1e-4, atol=1e-5)
        alone = torch.cat([model(row[row > 0][None]) for row in HISTORIES])
    torch.testing.assert_close(model(HISTORIES), alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["sasrec", "dcrec"])
def test_a_later_item_never_changes_an_earlier_state(name: str) -> None:
    model, changed = fresh_model(name), HISTORIES.clone()
    changed[:, -1] = 11
    before, after = places(model, HISTORIES), places(model, changed)
    assert torch.equal(before[:, :-1], after[:, :-1])
    assert not torch.isclose(before[:, -1], after[:, -1]).all(dim=1).any()
    changed = HISTORIES.clone()
    changed[0, 0] = 11
    assert not torch.allclose(before[0, -1], places(model, changed)[0, -1]), "the first item is seen to the end"


def test_bert4rec_sees_both_sides() -> None:
    model = fresh_model("bert4rec")
    before = places(model, HISTORIES[:1])
    for place in (0, 4):
        changed = HISTORIES[:1].clone()
        changed[0, place] = 11
        assert not torch.allclose(before[:, 2], places(model, changed)[:, 2])


@pytest.mark.parametrize("name", NAMES)
def test_order_matters_and_an_empty_history_has_a_state(name: str) -> None:
    model = fresh_model(name)
    with torch.no_grad():
        assert not torch.allclose(model(torch.tensor([[3, 7, 4]])), model(torch.tensor([[7, 3, 4]])))
        empty = model(torch.zeros(2, 3, dtype=torch.int64))
    assert empty.isfinite().all()
    torch.testing.assert_close(empty[0], empty[1])


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_make_up_the_whole(name: str) -> None:
    model, width = fresh_model(name), SMALL.width
    assert tuple(model.influence_layer.weight.shape) == (width, width)
    assert any(parameter is model.influence_layer.weight for parameter in model.parameters())
    with torch.no_grad():
        inputs, residual = model.layer_inputs(HISTORIES)
        assert inputs.shape == residual.shape == (3, width)
        states = model.finish(model.influence_layer(inputs), residual)
        torch.testing.assert_close(states, model(HISTORIES))
        scores = model.item_scores(states)
        assert scores.shape == (3, ITEMS)
        some = torch.tensor([4, 1, 9])
        torch.testing.assert_close(model.candidate_scores(states, some), scores[:, some - 1])
        torch.testing.assert_close(model.target_scores(states, some), scores[torch.arange(3), some - 1])
        # All that depends on the layer goes through its output: another layer with the same output changes nothing.
        output = model.influence_layer(inputs)
        model.influence_layer.weight.add_(1.0)
        again, same = model.layer_inputs(HISTORIES)
        torch.testing.assert_close((again, same), (inputs, residual))
        torch.testing.assert_close(model.finish(output, residual), states)


@pytest.mark.parametrize("name", NAMES)
def test_evaluation_has_no_dropout_and_training_has(name: str) -> None:
    model = fresh_model(name, dropout=0.5)
    assert torch.equal(model(HISTORIES), model(HISTORIES))
    model.train()
    assert not torch.equal(model(HISTORIES), model(HISTORIES))


@pytest.mark.parametrize("name", NAMES)
def test_training_predicts_only_marked_places(name: str) -> None:
    model = fresh_model(name).train()
    predicted = torch.tensor([[0, 1, 0, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]).bool()
    tokens = HISTORIES.clone()
    model.begin_epoch(tokens, 1)
    for _ in range(5):
        states, targets, own = model.training_states(tokens[:2], predicted[:2], torch.arange(2))
        assert len(states) == len(targets) >= 2
        assert set(targets.tolist()) <= set(tokens[predicted].tolist())
        assert own is None or bool(own.isfinite())


def test_the_sampled_softmax_is_close_to_the_whole_one_and_is_used_for_large_catalogues() -> None:
    torch.manual_seed(0)
    model = SASRec(SMALL, 6 * NEGATIVES)
    with torch.no_grad():
        model.items.weight.mul_(20)
        states, targets = torch.randn(64, SMALL.width), torch.randint(1, 6 * NEGATIVES + 1, (64,))
        whole = torch.nn.functional.cross_entropy(model.item_scores(states), targets - 1)
        loss = NextItemLoss(np.random.default_rng(0).geometric(0.05, model.num_items))
        drawn = torch.stack([loss(model, states, targets) for _ in range(40)])
    assert drawn.std() > 0, "it is a draw"
    assert drawn.mean().item() == pytest.approx(whole.item(), rel=2e-3)
    small = fresh_model("sasrec")
    states, targets = torch.randn(5, SMALL.width), torch.tensor([1, 2, 3, 4, 5])
    whole = torch.nn.functional.cross_entropy(small.item_scores(states), targets - 1)
    assert NextItemLoss(np.ones(ITEMS, int))(small, states, targets).item() == pytest.approx(whole.item())


def test_graphs_count_what_stands_together() -> None:
    tokens = np.array([[0, 1, 2, 3], [1, 2, 1, 2]])
    predicted = np.array([[0, 0, 1, 1], [0, 1, 1, 0]], bool)
    sequences = TrainingSequences(tokens, predicted)
    counts = transition_counts(sequences, 4).toarray()
    want = np.zeros((5, 5))
    for a, b in ((1, 2), (2, 3), (1, 2), (2, 1)):
        want[a, b] += 1
        want[b, a] += 1
    np.testing.assert_array_equal(counts, want)
    together = together_similarity(sequences, 4).toarray()
    np.testing.assert_array_equal(together, together.T)
    assert together[1, 2] > together[1, 3] > 0
    assert not together[0].any()
    assert not together[4].any()
    step = propagation(transition_counts(sequences, 4))
    assert np.abs(np.linalg.eigvalsh(step.toarray())).max() == pytest.approx(1.0, abs=1e-6)
    values = torch.randn(5, 3, requires_grad=True, dtype=torch.float32)
    (gradient,) = torch.autograd.grad((Propagate.apply(values, step) * torch.arange(3)).sum(), values)  # type: ignore[operator]
    dense = torch.tensor(step.toarray())
    torch.testing.assert_close(gradient, dense.T @ torch.arange(3.0).expand(5, 3))
