"""What the parts of a trained model do: the scores when one of them is switched off, or the words are spoilt."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..benchmarks.shapes import Expression, ShapesClip
from ..outputs import RefSamTextEmbeddings
from .by_kind import ExpressionScores
from .results import segment_clip


@dataclass(frozen=True)
class Change:
    """Something that is taken away from a model, and given back.

    Attributes:
        switched: of the model, the block within which it is changed.
        text: of an expression, what the model reads in its place.
    """

    switched: Callable[[Any], AbstractContextManager[None]] = lambda model: nullcontext()
    text: Callable[[str], str] = str


@contextmanager
def without_track_token(model: Any) -> Iterator[None]:
    """No token is handed from frame to frame: to the model, every frame is the first."""
    tracking = model.implicit_tracking
    model.implicit_tracking = None
    try:
        yield
    finally:
        model.implicit_tracking = tracking


@contextmanager
def words_in_the_first_frame(model: Any) -> Iterator[None]:
    """The expressions are read in the first frame; in the others the track token alone says what is meant."""
    segment_frame = model._segment_frame

    def segment(frames: Any, text: RefSamTextEmbeddings, track_token: torch.Tensor | None) -> Any:
        if track_token is not None:
            text = text.where_seen(torch.zeros(text.sentence.shape[:2], dtype=torch.bool))
        return segment_frame(frames, text, track_token)

    model._segment_frame = segment
    try:
        yield
    finally:
        del model._segment_frame


@contextmanager
def level_weights(model: Any, weight: float) -> Iterator[None]:
    """All levels of the hierarchical dense attention count the same, `weight`.

    Raises:
        ValueError: the model has no levels to weigh.
    """
    if model.config.dense_embeddings != "hda":
        raise ValueError(f"expected a model with dense_embeddings='hda', got {model.config.dense_embeddings!r}")
    weights = model.hierarchical_dense_attention.level_weights
    learned = weights.detach().clone()
    with torch.no_grad():
        weights.fill_(weight)
    try:
        yield
    finally:
        with torch.no_grad():
            weights.copy_(learned)


def shuffle_words(text: str) -> str:
    """The same words in another order, always the same one; a text of one word, or of equal words, stays."""
    words = text.split()
    if len(set(words)) < 2:
        return text
    rng = np.random.default_rng(zlib.crc32(text.encode()))
    shuffled = words
    while shuffled == words:
        shuffled = [words[place] for place in rng.permutation(len(words))]
    return " ".join(shuffled)


def changes_of(model: Any) -> dict[str, Change]:
    """The model as it is, and every change of which it has the part."""
    changes = {"as it is": Change(), "words shuffled": Change(text=shuffle_words)}
    if model.implicit_tracking is not None:
        changes["no track token"] = Change(without_track_token)
        changes["words in the first frame only"] = Change(words_in_the_first_frame)
    if model.config.dense_embeddings == "hda":
        levels = len(model.hierarchical_dense_attention.level_weights)
        changes["levels weighted 1"] = Change(lambda model: level_weights(model, 1.0))
        changes[f"levels weighted 1/{levels}"] = Change(lambda model: level_weights(model, 1 / levels))
    return changes


def score_changes(
    model: Any, processor: Any, clip: ShapesClip, expressions: Sequence[Expression], changes: Mapping[str, Change]
) -> dict[str, list[ExpressionScores]]:
    """For each change, how well the expressions of a clip are segmented under it.

    Args:
        model: a `RefSamModel` in evaluation mode; the same afterwards as before.
        processor: its `RefSamProcessor`.
    """
    scores: dict[str, list[ExpressionScores]] = {}
    for name, change in changes.items():
        texts = [change.text(expression.text) for expression in expressions]
        with change.switched(model):
            results = segment_clip(model, processor, clip, expressions, texts)
        scores[name] = [result.scores for result in results]
    return scores
