"""Trackers beside the log: TensorBoard and others, by name, through Accelerate."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

PROJECT = "refsam_hf"


def check_trackers(names: Sequence[str]) -> None:
    """That all of them are installed; Accelerate would leave out the others without a word.

    Raises:
        ValueError: one is not.
    """
    from accelerate.tracking import get_available_trackers  # type: ignore[import-untyped]

    installed = {tracker.value for tracker in get_available_trackers()}
    for name in names:
        if name not in installed:
            raise ValueError(f"report_to: expected trackers that are installed, got {name}; `pip install {name}`")


def start_trackers(accelerator: Any, config: Any, step: int) -> None:
    """Starts those of the accelerator; what TensorBoard has been told beyond this step is taken back."""
    options = {name: _plain(value) for name, value in dataclasses.asdict(config).items()}
    accelerator.init_trackers(PROJECT, config=options, init_kwargs={"tensorboard": {"purge_step": step + 1}})


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str)) else json.dumps(value)
