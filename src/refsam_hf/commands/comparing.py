"""`refsam evaluate --compare NAME=PATH ...`: predictions of others, or other checkpoints, beside the run itself."""

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .predicting import of_checkpoint, of_predictions

if TYPE_CHECKING:
    from ..evaluation.predictions import PredictionSource
    from ..evaluation.protocols import Protocol, Row
    from ..evaluation.run_folder import RunFolder
    from ..evaluation.run_results import RunResults


def others_of(compare: Sequence[str]) -> dict[str, str]:
    """By the names that they were given what is compared with.

    Raises:
        ValueError: a text is not NAME=PATH, or a name comes twice.
    """
    others: dict[str, str] = {}
    for given in compare:
        name, sign, path = given.partition("=")
        if not sign or not name or not path or name in others:
            raise ValueError(f"--compare: expected NAME=PATH, each name once, got {given!r}")
        others[name] = path
    return others


def is_checkpoint(path: str) -> bool:
    """Whether it names a checkpoint, a folder or one of the Hub, and not predictions, which lie in files here."""
    return (Path(path) / "config.json").is_file() or not Path(path).exists()


def check_others(compare: Sequence[str]) -> None:
    """Finds what cannot be compared with, before anything that takes long.

    Raises:
        ValueError, OSError: as `others_of`; there are no predictions and no checkpoint of that name.
    """
    from transformers import AutoConfig

    from ..configuration_refsam import RefSamConfig
    from ..files.naming import naming

    for name, path in others_of(compare).items():
        if not is_checkpoint(path):
            of_predictions(path)
            continue
        expected = (
            f"--compare {name}={path}: expected predictions, or a RefSAM checkpoint (a folder or a Hub name), got "
        )
        with naming(f"{expected}neither"):
            config = AutoConfig.from_pretrained(path)
        if not isinstance(config, RefSamConfig):  # whose from_pretrained takes any config
            raise ValueError(f"{expected}one of model_type {config.model_type!r}")


def score_others(
    options: argparse.Namespace,
    folder: "RunFolder",
    videos: "Mapping[str, Sequence[Row]]",
    protocol: "Protocol",
) -> "dict[str, tuple[PredictionSource[Any], RunResults]]":
    """What is measured of them, in folders of their own under `compared/`; in all processes together, like the run
    itself."""
    from ..evaluation.evaluate_rows import evaluate_rows, process_state
    from ..evaluation.predictions import open_predictions
    from ..evaluation.run_folder import RunFolder, file_name
    from ..evaluation.run_results import collect
    from ..training.processes import on_main

    scored = {}
    state = process_state()
    for name, path in others_of(options.compare).items():
        if is_checkpoint(path):
            predictor = of_checkpoint(path, options, protocol, state, f"--compare {name}={path}")
        else:
            predictor = of_predictions(path)
        same = {said: folder.about[said] for said in ("protocol", "rows_sha256", "refsam_hf", "commit")}
        about = same | predictor.about
        place = folder.path / "compared" / file_name(name).removesuffix(".json")
        own = on_main(state, partial(RunFolder, place, about))
        evaluate_rows(videos, predictor.predict, protocol, own, keep_predictions=predictor.source is None)
        scored[name] = predictor.source or open_predictions(own.path), collect(own, videos, protocol)
    return scored
