"""Beam search over a batch of prompts in which the beams of a prompt share its keys and values.

transformers' `generate` keeps one copy of the prompt per beam and copies all of them at every step. For the small model
that is nearly the whole time: measured on one idle core with four beams and prompts of 115 tokens, a prompt takes it
40 ms alone, 34 ms in batches of 8 and 47 ms in batches of 32, and this module 8 ms: four times less than the best of
them (three times on a busy core). What is written is the same (`benchmarks/generation.py`).

The beams of a prompt stand side by side as further tokens of one row, and a mask lets each see the prompt and the
tokens it descends from, so that nothing is copied when beams change places.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

_NEVER = -1e9  # far below any sum of log probabilities, yet finite: differences of it are numbers


def can_share_prompts(model: Any) -> bool:
    """Whether a model takes a mask of its own: plain attention over all earlier tokens, positions given as numbers.

    Args:
        model: The transformers model.
    """
    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    return (
        {"position_ids", "past_key_values", "attention_mask"} <= set(inspect.signature(model.forward).parameters)
        and getattr(config, "_attn_implementation", None) in ("sdpa", "eager")
        and kinds == {"full_attention"}
        and not (getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True))
        and not getattr(model, "_is_stateful", False)
        and not getattr(config, "is_encoder_decoder", False)
    )


def beam_search(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, *, beams: int, max_new: int, ends: tuple[int, ...]
) -> list[list[int]]:
    """The best text of each prompt by mean log probability of its tokens, as transformers' `generate` finds it.

    Args:
        model: The transformers model, see `can_share_prompts`.
        ids: Prompts, padded on the left; shape [b, t].
        mask: 1 where a token is, else 0; shape [b, t].
        beams: Texts that are followed at once.
        max_new: Most tokens written.
        ends: Tokens after which a text is finished.

    Returns:
        b lists of tokens, the end included.

    Raises:
        FloatingPointError: A prediction is not a number.
    """
    reader = _Reader(model, beams, max_new)
    search = _Search(reader.prompts(ids, mask), beams=beams, max_new=max_new, ends=ends)
    while search.advance():
        still = search.open_rows()
        if 2 * len(still) <= search.size:  # finished prompts cost as much as open ones: pack now and then
            search.keep(still)
            reader.keep(still)
        search.predict(reader.beams(search.last_tokens, search.parents))
    return search.texts()


class _Layer(DynamicLayer):
    """Keys and values of one layer, with room to write the next ones without copying what is there."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        self.dtype, self.device = key_states.dtype, key_states.device
        self._all = tuple(
            states.new_empty(*states.shape[:-2], states.shape[-2] + self._room, states.shape[-1])
            for states in (key_states, value_states)
        )
        self._show(0)
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self.get_seq_length()
        stop = start + key_states.shape[-2]
        for whole, states in zip(self._all, (key_states, value_states), strict=True):
            whole[..., start:stop, :] = states
        return self._show(stop)

    def keep(self, rows: torch.Tensor) -> None:
        self._all = tuple(whole[rows] for whole in self._all)
        self._show(self.get_seq_length())

    def _show(self, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        self.keys, self.values = (whole[..., :length, :] for whole in self._all)
        return self.keys, self.values


class _Reader:
    """Feeds prompts and then beams to the model; one row per prompt."""

    def __init__(self, model: Any, beams: int, max_new: int) -> None:
        self._model, self._beams = model, beams
        self._cache = Cache(layer_class_to_replicate=partial(_Layer, beams * max_new))  # pyright: ignore
        self._few = {"logits_to_keep": 1} if "logits_to_keep" in inspect.signature(model.forward).parameters else {}
        self._forbidden = torch.finfo(model.dtype).min

    def prompts(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Log probabilities of the token after each prompt; shape [b, v]."""
        beams = self._beams
        self._lengths = mask.sum(dim=1, keepdim=True)  # [b, 1]: the next token's position
        hidden = (1 - mask).to(self._model.dtype) * self._forbidden  # added to attention scores
        self._prompt = hidden[:, None, None, :].expand(-1, 1, beams, -1)  # [b, 1, beams, t]
        self._seen = hidden.new_empty(len(ids), 1, beams, 0)  # [b, 1, beams, tokens written by all beams]
        read = self._read(ids, mask, (mask.cumsum(dim=1) - 1).clamp(min=0), **self._few)
        return _log_chances(read[:, -1])

    def beams(self, tokens: torch.Tensor, parents: torch.Tensor) -> torch.Tensor:
        """Log probabilities of the token after each beam; shape [b, beams, v].

        Args:
            tokens: The last token of each beam; shape [b, beams].
            parents: The place each beam had at the step before; shape [b, beams].
        """
        earlier = self._seen.gather(2, parents[:, None, :, None].expand(-1, 1, -1, self._seen.shape[3]))
        own = earlier.new_full((self._beams, self._beams), self._forbidden).fill_diagonal_(0)
        self._seen = torch.cat([earlier, own.expand(len(tokens), 1, -1, -1)], dim=3)
        mask = torch.cat([self._prompt, self._seen], dim=3)
        read = self._read(tokens, mask, self._lengths.expand(-1, self._beams))
        self._lengths = self._lengths + 1
        return _log_chances(read)

    def keep(self, rows: torch.Tensor) -> None:
        """Forget all other prompts."""
        self._lengths, self._prompt, self._seen = (x[rows] for x in (self._lengths, self._prompt, self._seen))
        for layer in self._cache.layers:
            assert isinstance(layer, _Layer)
            layer.keep(rows)

    def _read(self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, **more: int) -> torch.Tensor:
        return self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            **more,
        ).logits


class _Search:
    """Running and finished texts of each prompt, and what becomes of them with every prediction."""

    def __init__(self, first: torch.Tensor, *, beams: int, max_new: int, ends: tuple[int, ...]) -> None:
        count = len(first)
        self._beams, self._max_new = beams, max_new
        self._ends = torch.tensor(ends, device=first.device)
        self._rows = torch.arange(count, device=first.device)  # which prompt each row is
        self._texts: list[list[int]] = [[] for _ in range(count)]
        self._length = 0
        # All beams start as one.
        self._running = first.new_full((count, beams), _NEVER)
        self._running[:, 0] = 0
        self._tokens = torch.zeros(count, beams, 0, dtype=torch.int64, device=first.device)
        self._finished = first.new_full((count, beams), _NEVER)
        self._finished_tokens = torch.zeros(count, beams, max_new, dtype=torch.int64, device=first.device)
        self._finished_lengths = torch.zeros(count, beams, dtype=torch.int64, device=first.device)
        self._open = torch.ones(count, dtype=torch.bool, device=first.device)
        self.parents = torch.zeros(count, beams, dtype=torch.int64, device=first.device)
        self.predict(first[:, None, :].expand(-1, beams, -1))

    @property
    def size(self) -> int:
        """Prompts that are still carried along."""
        return len(self._rows)

    @property
    def last_tokens(self) -> torch.Tensor:
        """The last token of each beam; shape [b, beams]."""
        return self._tokens[:, :, -1]

    def open_rows(self) -> torch.Tensor:
        """Rows whose search goes on."""
        return self._open.nonzero()[:, 0]

    def predict(self, chances: torch.Tensor) -> None:
        """Take the log probabilities of each beam's next token; shape [b, beams, v]."""
        # Of the best (1 + ends) x beams continuations at least `beams` do not end.
        most = min(max(2, 1 + len(self._ends)) * self._beams, self._beams * chances.shape[2])
        flat = (self._running[:, :, None] + chances).flatten(1)
        self._scores, places = flat.topk(most)  # [b, c]
        if self._scores.isnan().any():
            raise FloatingPointError("a prediction is not a number")
        self._from, self._next = places // chances.shape[2], places % chances.shape[2]

    def advance(self) -> bool:
        """Finish the texts that ended, go on with the best others; whether any prompt is still open."""
        self._length += 1
        written = torch.cat([_chosen(self._tokens, self._from), self._next[:, :, None]], dim=2)  # [b, c, length]
        ended = torch.isin(self._next, self._ends) | (self._length == self._max_new)
        self._finish(written, ended)
        self._running, best = (self._scores + _NEVER * ended).topk(self._beams)
        self._tokens, self.parents = _chosen(written, best), self._from.gather(1, best)
        worst = self._finished.min(dim=1).values  # still _NEVER while fewer than `beams` have finished
        self._open &= self._running[:, 0] / self._length > worst
        if self._beams == 1:  # greedy: the first end is the end
            self._open &= worst == _NEVER
        self._note(~self._open)
        return self._length < self._max_new and bool(self._open.any())

    def keep(self, rows: torch.Tensor) -> None:
        """Forget all other prompts; their texts are noted."""
        self._rows, self._running, self._tokens, self._open, self.parents = (
            x[rows] for x in (self._rows, self._running, self._tokens, self._open, self.parents)
        )
        self._finished, self._finished_tokens, self._finished_lengths = (
            x[rows] for x in (self._finished, self._finished_tokens, self._finished_lengths)
        )

    def texts(self) -> list[list[int]]:
        """The best text of each prompt."""
        self._note(self._open)
        return self._texts

    def _finish(self, written: torch.Tensor, ended: torch.Tensor) -> None:
        """Keep the best finished texts, by mean log probability, of prompts that are open; shapes [b, c, length]."""
        # A text that ends outside the best `beams` is no candidate, as in `generate`.
        counts = ended & self._open[:, None]
        counts[:, self._beams :] = False
        means = torch.where(counts, self._scores / self._length, _NEVER)
        padded = torch.nn.functional.pad(written, (0, self._max_new - self._length))
        self._finished, best = torch.cat([self._finished, means], dim=1).topk(self._beams)
        self._finished_tokens = _chosen(torch.cat([self._finished_tokens, padded], dim=1), best)
        lengths = torch.full_like(counts, self._length, dtype=torch.int64)
        self._finished_lengths = torch.cat([self._finished_lengths, lengths], dim=1).gather(1, best)

    def _note(self, wanted: torch.Tensor) -> None:
        for row in wanted.nonzero()[:, 0].tolist():
            length = int(self._finished_lengths[row, 0])
            self._texts[int(self._rows[row])] = self._finished_tokens[row, 0, :length].tolist()


def _chosen(tokens: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Texts [b, c, t] at places [b, k] -> [b, k, t]."""
    return tokens.gather(1, places[:, :, None].expand(-1, -1, tokens.shape[2]))


def _log_chances(logits: torch.Tensor) -> torch.Tensor:
    return torch.log_softmax(logits.to(torch.promote_types(logits.dtype, torch.float32)), dim=-1)
