"""The encoder-decoder that reads the ids of a history and writes the id of the next item (TIGER, section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from goracs_core.llm.tiger.ids import SemanticIds
from goracs_core.llm.tiger.trie import END, PAD, START, Trie, build_trie
from goracs_core.llm.tuning.options import TigerOptions
from goracs_core.types import IndexArray

# Standard deviation of the first vectors. T5's 1 begins with confident chances, which a small coreset has to unlearn.
_SPREAD = 0.3
# Decoder tokens of one sample that go through at once: what they cost grows with the square.
_TOGETHER = 256


@dataclass(frozen=True, eq=False)
class Histories:
    """Histories as the encoder has read them.

    Args:
        states: Shape [b, t, d].
        mask: True where a token is; shape [b, t].
    """

    states: torch.Tensor
    mask: torch.Tensor

    def __len__(self) -> int:
        return len(self.states)


class IdWriter:
    """A T5 (arXiv 1910.10683) over the codes of semantic ids, and the tree that keeps it to ids that exist.

    Chances are shared among the codes that may follow, never given to others: the chances of all items add up to one,
    and the loss of a token that has no alternative is zero. The paper trains with a softmax over all codes and may
    write ids that no item has; on a few hundred samples most of the loss would be about which ids exist, and that is
    known.

    Args:
        network: The transformers model.
        trie: The ids.
    """

    def __init__(self, network: Any, trie: Trie) -> None:
        self.network, self.trie = network, trie

    @classmethod
    def fresh(cls, ids: SemanticIds, options: TigerOptions) -> IdWriter:
        """An untrained one in evaluation mode; the seed decides its weights."""
        from transformers import T5Config, T5ForConditionalGeneration

        trie = build_trie(ids)
        shape: dict[str, Any] = {
            "d_model": options.width,
            "d_kv": options.width // options.heads,
            "d_ff": options.feed_forward,
            "num_layers": options.layers,
            "num_heads": options.heads,
            "dropout_rate": options.dropout,
        }
        tokens: dict[str, Any] = {
            "pad_token_id": PAD,
            "bos_token_id": START,
            "eos_token_id": END,
            "decoder_start_token_id": START,
        }
        config = T5Config(vocab_size=trie.vocabulary, use_cache=False, **shape, **tokens)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            network = T5ForConditionalGeneration(config)
            with torch.no_grad():
                network.shared.weight *= _SPREAD
        network.requires_grad_(False).eval()
        return cls(network, trie)

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(weight.numel() for weight in self.network.parameters())

    def tokens(self, history: IndexArray) -> torch.Tensor:
        """What the encoder reads of one history: the ids of its items, oldest first, and the end token; shape [t]."""
        read = self.trie.tokens[torch.from_numpy(np.array(history, np.int64))].flatten()
        return torch.cat([read, torch.tensor([END])])

    def read(self, histories: Sequence[torch.Tensor]) -> Histories:
        """Run the encoder over b histories, given as tokens."""
        inputs = torch.nn.utils.rnn.pad_sequence(list(histories), batch_first=True, padding_value=PAD)
        mask = inputs != PAD
        return Histories(self.network.encoder(input_ids=inputs, attention_mask=mask).last_hidden_state, mask)

    def log_chances(self, histories: Histories, items: torch.Tensor) -> torch.Tensor:
        """Log-probability of each token of the ids of given items, after the tokens before it; shape [b, c, length].

        Args:
            histories: b histories.
            items: c items per history; shape [b, c].
        """
        trie = self.trie
        paths = trie.tokens[items]  # [b, c, length]
        starts = torch.full_like(paths[..., :1], START)
        logits = self._logits(histories, torch.cat([starts, paths[..., :-1]], dim=2))
        nodes = trie.nodes[items]  # [b, c, length + 1]
        columns = []
        for depth in range(trie.length):
            above = nodes[..., depth]
            _, chances = self._among_children(depth, above, logits[:, :, depth])
            place = nodes[..., depth + 1] - trie.first[depth][above]
            columns.append(chances.gather(2, place[..., None])[..., 0])
        return torch.stack(columns, dim=2)

    def next_log_chances(
        self, histories: Histories, depth: int, nodes: torch.Tensor, paths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What may follow several beginnings of ids per history, with log-probabilities.

        Args:
            histories: b histories.
            depth: Codes that the beginnings have.
            nodes: The beginnings as nodes of the tree; shape [b, c].
            paths: The same as tokens after the start token; shape [b, c, depth + 1].

        Returns:
            Nodes one step deeper and log-probabilities, -inf where there is none; shape [b, c, w] both.
        """
        return self._among_children(depth, nodes, self._logits(histories, paths, last=True)[:, :, 0])

    def _among_children(
        self, depth: int, nodes: torch.Tensor, logits: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        children, tokens, real = self.trie.children(depth, nodes)
        allowed = logits.gather(2, tokens).masked_fill(~real, -torch.inf)
        return children, allowed.log_softmax(dim=2)

    def _logits(self, histories: Histories, paths: torch.Tensor, *, last: bool = False) -> torch.Tensor:
        """Logits of what follows each token of each path, or the last ones only; [b, c, l] -> [b, c, l, vocabulary].

        The paths of a history stand side by side in one decoder input and do not see each other, so that the encoder's
        states are neither copied nor read again for each: T5 knows places by their distances alone, and those within a
        path are the same wherever it stands.
        """
        size = max(1, _TOGETHER // paths.shape[2])
        parts = [self._side_by_side(histories, part, last=last) for part in paths.split(size, dim=1)]
        return torch.cat(parts, dim=1)

    def _side_by_side(self, histories: Histories, paths: torch.Tensor, *, last: bool) -> torch.Tensor:
        b, c, length = paths.shape
        places = torch.arange(c * length)
        visible = (places[:, None] // length == places // length) & (places[:, None] >= places)
        states = self.network.decoder(
            input_ids=paths.reshape(b, c * length),
            attention_mask=visible.expand(b, 1, -1, -1),
            encoder_hidden_states=histories.states,
            encoder_attention_mask=histories.mask,
            use_cache=False,
        ).last_hidden_state.view(b, c, length, -1)
        states = states[:, :, -1:] if last else states
        return self.network.lm_head(states * self.network.model_dim**-0.5)  # as T5 scales where embeddings are shared
