"""Where the predictions of `refsam evaluate` come from: a checkpoint, or what somebody handed in."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import loading

if TYPE_CHECKING:
    from ..evaluation.evaluate_rows import Predict
    from ..evaluation.predictions import PredictionSource
    from ..evaluation.protocols import Protocol, Row


@dataclass(frozen=True)
class Predictor:
    """Where predictions come from: `source` is None where a checkpoint makes them; `about` is what a report says."""

    predict: "Predict"
    about: dict[str, Any]
    source: "PredictionSource[Any] | None" = None


def open_predictor(options: argparse.Namespace, protocol: "Protocol", state: Any) -> Predictor:
    """The checkpoint or the predictions that the options name.

    Raises:
        ValueError, OSError: there are none of that name.
    """
    if options.from_predictions is None:
        return of_checkpoint(options.model, options, protocol, state)
    if options.model is not None:
        raise ValueError("--from-predictions: expected it without --model, got both")
    return of_predictions(options.from_predictions)


def of_predictions(path: str) -> Predictor:
    """Predictions in a folder or file, as `open_predictions` takes them and with its errors."""
    from ..evaluation.predictions import open_predictions
    from ..evaluation.provenance import listing_sha256

    source = open_predictions(path)
    return Predictor(source.predict, {"predictions": path, "predictions_sha256": listing_sha256(path)}, source)


def of_checkpoint(
    name: str | None, options: argparse.Namespace, protocol: "Protocol", state: Any, asked: str | None = None
) -> Predictor:
    """A checkpoint, the bundled one without a name, run as the options say; as `loading.load`, with its errors."""
    from .. import TINY_CHECKPOINT
    from ..evaluation.provenance import weights_sha256
    from ..evaluation.segment_rows import segment_rows

    device = options.device or (str(state.device) if state.num_processes > 1 else None)
    model, processor = loading.load(name, device, asked=asked)

    def predict(rows: "Sequence[Row]") -> Any:
        competing = protocol.one_label_a_pixel
        return segment_rows(model, processor, rows, one_label_a_pixel=competing, chunk_size=options.chunk_size), []

    about = {"model": name or Path(TINY_CHECKPOINT).name, "weights_sha256": weights_sha256(model)}
    return Predictor(predict, about)
