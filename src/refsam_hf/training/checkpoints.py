"""The checkpoint folder of a model in training, for whoever wants to use it."""

import os
from typing import Any

from safetensors import SafetensorError

from ..files.replaced_folder import replaced_folder
from .adaptation import save_trained


def save_checkpoint(folder: str | os.PathLike[str], model: Any, processor: Any) -> None:
    """Saves a model and its processor into one folder; an older one there is replaced when the new one is complete.

    Args:
        folder: for `RefSamModel.from_pretrained`, the processor's, and the pipeline.
        model: a `RefSamModel`; of one with an adaptation, that alone is saved.
        processor: a `RefSamProcessor`.

    Raises:
        OSError: if the folder cannot be written; what stood there before is still there.
    """
    try:
        with replaced_folder(folder, empty=True) as aside:
            save_trained(model, aside)
            processor.save_pretrained(aside)
    except SafetensorError as error:  # of the disk: what is written is sound
        raise OSError(f"{folder}: expected a place that takes a checkpoint, got {error}") from error
