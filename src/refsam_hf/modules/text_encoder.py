"""Text encoder (Figure 2, bottom left): a frozen language encoder, its words and their mean, the sentence."""

from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForTextEncoding, PreTrainedConfig, PreTrainedModel


def build_text_encoder(config: PreTrainedConfig) -> PreTrainedModel:
    """Any encoder of `AutoModelForTextEncoding`; T5 in the paper.

    The model holds the encoder itself and no wrapper around it, or transformers would not find its tied weights.
    """
    # in the dtype of the model around it, not in the one that the text checkpoint was stored in
    encoder: Any = AutoModelForTextEncoding.from_config(config, dtype=torch.get_default_dtype())
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # BERT and its kin: nothing here uses it, and most checkpoints lack its weights
    built: PreTrainedModel = encoder
    return built


def encode_text(text_encoder: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
    """(X, N) token ids and their mask -> words (X, N, d) and sentence (X, d), the mean over the real tokens."""
    words = text_encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (X, N, d)
    real = attention_mask[..., None].to(words.dtype)  # (X, N, 1)
    # an expression of padding alone has no token: its sentence is zero, not NaN
    words = torch.where(real > 0, words, torch.zeros_like(words))
    sentence = words.sum(dim=1) / real.sum(dim=1).clamp(min=1)  # (X, d)
    return words, sentence
