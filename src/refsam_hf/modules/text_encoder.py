"""Text encoder (Figure 2, bottom left): a frozen language encoder, its words and their mean, the sentence."""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForTextEncoding, PreTrainedConfig, PreTrainedModel


def build_text_encoder(config: PreTrainedConfig) -> PreTrainedModel:
    """Any encoder of `AutoModelForTextEncoding`; T5 in the paper, RoBERTa and CLIP in the authors' options.

    The model holds the encoder itself and no wrapper around it, or transformers would not find its tied weights.
    """
    # in the dtype of the model around it, not in the one that the text checkpoint was stored in
    encoder: Any = AutoModelForTextEncoding.from_config(config, dtype=torch.get_default_dtype())
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # BERT and its kin: nothing here uses it, and most checkpoints lack its weights
    built: PreTrainedModel = encoder
    return built


def max_text_length(text_encoder: nn.Module) -> int | None:
    """How many tokens the encoder has positions for, special ones among them; `None` if that has no bound (T5).

    RoBERTa and its kin number the positions from behind the id of the padding token: their tables are longer than
    their texts may be.
    """
    for name, module in text_encoder.named_modules():
        if isinstance(module, nn.Embedding) and name.endswith(("position_embeddings", "position_embedding")):
            return module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
    return None


def encode_text(text_encoder: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
    """(X, N) token ids and their mask -> words (X, N, d) and sentence (X, d), the mean over the real tokens.

    Real tokens are all but the padding. The special tokens that the encoder's own tokenizer sets around a text (T5's
    `</s>`, RoBERTa's `<s>` and `</s>`, CLIP's `<|startoftext|>` and `<|endoftext|>`) are words like the others, as in
    the authors' code; their mean takes the padding in, too, and with it depends on what else is in the batch.

    Raises:
        ValueError: more tokens than the encoder has positions for.
    """
    limit = max_text_length(text_encoder)
    if limit is not None and input_ids.shape[-1] > limit:
        raise ValueError(f"input_ids: expected at most {limit} tokens of a text, got {input_ids.shape[-1]}")
    words = text_encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (X, N, d)
    real = attention_mask[..., None].to(words.dtype)  # (X, N, 1)
    # an expression of padding alone has no token: its sentence is zero, not NaN
    words = torch.where(real > 0, words, torch.zeros_like(words))
    sentence = words.sum(dim=1) / real.sum(dim=1).clamp(min=1)  # (X, d)
    return words, sentence
