"""The output folder of a training: begun or gone on with, its log and its checkpoints."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accelerate.utils import gather_object  # type: ignore[import-untyped]
from tqdm.auto import tqdm

from ..files.aside import clear_files_aside
from ..files.naming import naming
from ..files.replaced_folder import clear_unfinished
from ..files.written_aside import written_aside
from .batches import Position
from .checkpoints import save_checkpoint
from .config import TrainingConfig
from .log import TrainingLog
from .processes import on_main
from .random_state import random_state, set_random_state
from .run_checkpoints import RunCheckpoint, RunCheckpoints
from .run_state import RunState
from .stages import position_after_changes
from .trackers import start_trackers


@dataclass
class Progress:
    """How far a training is.

    Attributes:
        position: in the data.
        best: the best J&F of a validation; -1 before the first.
        scores: of the last validation.
    """

    position: Position = field(default_factory=Position)
    best: float = -1.0
    scores: dict[str, float] = field(default_factory=dict)


class TrainingRun:
    """What a training leaves in `output_dir` while it runs: `config.json`, `log.jsonl`, `checkpoints/`, and models.

    Args:
        config: of the training.
        accelerator: its `Accelerator`.
        state: what it changes.
    """

    def __init__(self, config: TrainingConfig, accelerator: Any, state: RunState) -> None:
        self.config = config
        self.accelerator = accelerator
        self.state = state
        self.output = Path(config.output_dir)
        self.log = TrainingLog(self.output / "log.jsonl")
        self.checkpoints = RunCheckpoints(self.output / "checkpoints", config.keep_checkpoints)
        self._facts: dict[str, Any] = {}

    def start(self) -> Progress:
        """Begins in a new folder, or brings everything back to what it was at the newest whole checkpoint.

        Raises:
            OSError: the folder cannot be read or written.
            ValueError: it holds an earlier training and `resume` is not set; or it is set, and the checkpoint is of
                another configuration, other frozen weights or another number of processes, which are named; or it is
                past the last stage; or every checkpoint is damaged. Nothing was changed.
        """
        config = {name: value for name, value in _flat(dataclasses.asdict(self.config)) if _matters(name)}
        self._facts = {
            "world_size": self.accelerator.num_processes,
            "config": config,
            "frozen_weights": self.state.sum_of_frozen(),
        }
        checkpoint = on_main(self.accelerator, self._prepare)
        start_trackers(self.accelerator, self.config, 0 if checkpoint is None else checkpoint.facts["step"])
        if checkpoint is None:
            return Progress()
        stored = checkpoint.progress()
        self.state.load(checkpoint.tensors())
        self.state.average.updates = stored["average_updates"]
        if self.accelerator.scaler is not None and stored["scaler"] is not None:
            self.accelerator.scaler.load_state_dict(stored["scaler"])
        if self.accelerator.process_index < len(stored["random"]):
            set_random_state(stored["random"][self.accelerator.process_index])
        position = position_after_changes(
            Position(**stored["position"]), checkpoint.facts, self.config, self.accelerator.num_processes
        )
        return Progress(position, stored["best"], stored["scores"])

    def write(self, record: dict[str, Any]) -> None:
        """One more line in the log and on the screen, from the main process, and its numbers for the trackers."""
        if self.accelerator.is_main_process:
            tqdm.write(self.log.append(record))
        numbers = {name: value for name, value in record.items() if name != "step" and value is not None}
        self.accelerator.log(numbers, step=record["step"])

    def save_model(self, name: str, model: Any, processor: Any) -> None:
        """Writes the folder `name`, for `RefSamModel.from_pretrained`; an older one is replaced.

        Raises:
            OSError: on all processes, if it cannot be written; the older one is still there.
        """
        on_main(self.accelerator, lambda: save_checkpoint(self.output / name, model, processor))

    def save(self, progress: Progress) -> None:
        """Writes a checkpoint to go on from.

        Raises:
            OSError: on all processes, if it cannot be written; all that was saved before is still there.
        """
        tensors = self.state.tensors(keep=self.accelerator.is_main_process)
        scaler = self.accelerator.scaler
        stored = {
            **dataclasses.asdict(progress),
            "average_updates": self.state.average.updates,
            "scaler": None if scaler is None else scaler.state_dict(),
            "random": gather_object([random_state()]),
        }

        def write() -> None:
            log = {"log_bytes": self.log.size()}
            self.checkpoints.save(progress.position.step, tensors, stored | log, self._facts)

        on_main(self.accelerator, write)

    def _prepare(self) -> RunCheckpoint | None:
        """Makes the folder ready, on the main process; gives the checkpoint to go on from, if there is one."""
        if not self.config.resume and self.log.path.exists():
            raise ValueError(
                f"output_dir: expected a new folder, got {self.output}, which holds an earlier training; "
                "`--resume true` goes on with it"
            )
        checkpoint = self.checkpoints.newest() if self.config.resume else None
        if checkpoint is not None:
            changes = list(_differences(checkpoint.facts, self._facts))
            if changes and not self.config.allow_changes:
                raise ValueError(
                    f"{checkpoint.folder} is of another training: {'; '.join(changes)}. "
                    "`--allow_changes true` goes on all the same"
                )
            position, stages = Position(**checkpoint.progress()["position"]), len(self.config.stages)
            if (position.stage, position.stage_step) > (stages, 0):
                raise ValueError(
                    f"{checkpoint.folder}: expected a checkpoint that is within {stages} stage(s) or at their end, "
                    f"got one at stage {position.stage}, step {position.stage_step}"
                )
            self.checkpoints.go_on_from(checkpoint)
        with naming(f"output_dir: expected a folder that can be made, got {str(self.output)!r}"):
            self.output.mkdir(parents=True, exist_ok=True)
        for name in ("last", "best"):
            clear_unfinished(self.output / name)
        clear_files_aside(self.output)  # of config.json, or of curves.png: drawn last, after the last checkpoint
        self.log.cut(0 if checkpoint is None else checkpoint.progress()["log_bytes"])
        with written_aside(self.output / "config.json") as aside:
            aside.write_text(json.dumps(dataclasses.asdict(self.config), indent=2) + "\n", encoding="utf-8")
        self.log.path.touch()
        return checkpoint


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of all options: `stages.0.steps`, ..."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{name}.{number}")
    else:
        yield name, list(value) if isinstance(value, tuple) else value


def _matters(name: str) -> bool:
    free = {option.name for option in dataclasses.fields(TrainingConfig) if option.metadata.get("may_change")}
    return name.split(".")[0] not in free


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What a checkpoint's training does not have in common with this one."""
    if then["world_size"] != now["world_size"]:
        yield f"it had {then['world_size']} processes, this one has {now['world_size']}"
    for name in {**then["config"], **now["config"]}:
        old, new = (facts["config"].get(name, "nothing") for facts in (then, now))
        if old != new:
            yield f"{name} was {old} and is {new}"
    if then["frozen_weights"] != now["frozen_weights"]:
        yield "the weights that are frozen, or where they come from, have changed"
