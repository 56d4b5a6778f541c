"""A frozen text encoder runs once per expression: its outputs are kept, over the whole training."""

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor
from transformers.modeling_outputs import BaseModelOutput


class TextCache:
    """In place of a frozen text encoder's `forward`.

    Each expression is encoded alone, without padding, so that what is kept of it depends on nothing that it once stood
    beside: a training that was stopped goes on bit for bit, whatever it meets first. What was used longest ago goes
    first.

    Args:
        text_encoder: whose parameters are frozen; its `forward` is replaced, its weights and their names stay.
        max_bytes: of what is kept.

    Attributes:
        encoded: how many times the encoder has run.
    """

    def __init__(self, text_encoder: Any, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.encoded = 0
        self._width = text_encoder.config.hidden_size
        self._encode = text_encoder.forward
        self._kept: OrderedDict[tuple[int, ...], Tensor] = OrderedDict()  # token ids -> (N, d), on the CPU
        self._bytes = 0
        text_encoder.forward = self

    @torch.no_grad()
    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> BaseModelOutput:
        """(X, N) token ids and their mask -> `last_hidden_state` (X, N, d), zero where the mask is."""
        masks = attention_mask.bool().cpu()
        texts = [tuple(ids[mask].tolist()) for ids, mask in zip(input_ids.cpu(), masks, strict=True)]
        found = [self._of(text, input_ids.device) for text in texts if text]  # each (real words, d)
        dtype = found[0].dtype if found else torch.float32
        hidden_states = torch.zeros(*input_ids.shape, self._width, dtype=dtype)
        if found:
            hidden_states[masks] = torch.cat(found)
        return BaseModelOutput(last_hidden_state=hidden_states.to(input_ids.device))

    def _of(self, text: tuple[int, ...], device: torch.device) -> Tensor:
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        self.encoded += 1
        ids = torch.tensor([text], device=device)
        hidden = self._encode(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0].cpu()
        self._kept[text] = hidden
        self._bytes += hidden.nbytes
        while self._bytes > self.max_bytes:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return hidden


def cache_frozen_text(model: Any, max_bytes: int) -> TextCache | None:
    """Lets a `RefSamModel` keep what its text encoder makes of an expression; None, and nothing done, if it learns."""
    if max_bytes == 0 or any(parameter.requires_grad for parameter in model.text_encoder.parameters()):
        return None
    model.text_encoder.eval()  # dropout would be kept, too
    return TextCache(model.text_encoder, max_bytes)
