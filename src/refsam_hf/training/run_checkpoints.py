"""The checkpoints that a training goes on from: each whole or absent, any damage noticed, the one before it kept."""

import json
import re
import secrets
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ..files.replaced_folder import replaced_folder
from .manifest import DamagedError, read_manifest, write_manifest
from .run_state import Tensors

FORMAT = 1
TENSORS = ("weights", "average", "optimizer")
_NAME = re.compile(r"step-(\d{8,})")


@dataclass(frozen=True)
class RunCheckpoint:
    """A checkpoint that was found whole.

    Attributes:
        folder: where it stands.
        facts: of its manifest: `step`, `world_size`, `config`, `frozen_weights`.
    """

    folder: Path
    facts: dict[str, Any]

    def tensors(self) -> dict[str, Tensors]:
        """What `RunState.load` takes."""
        return {name: load_file(self.folder / f"{name}.safetensors") for name in TENSORS}

    def progress(self) -> dict[str, Any]:
        """What was given to `save`."""
        return dict(json.loads((self.folder / "progress.json").read_text(encoding="utf-8")))


class RunCheckpoints:
    """The folder `checkpoints` of a training: `step-00000100/` and so on.

    A checkpoint holds safetensors and JSON alone; nothing in it is unpickled.

    Args:
        folder: made with the first checkpoint.
        keep: how many are kept. Older ones go once a newer one is complete.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder = folder
        self.keep = keep

    def save(
        self, step: int, tensors: Mapping[str, Tensors], progress: Mapping[str, Any], facts: Mapping[str, Any]
    ) -> None:
        """Writes the checkpoint of a step, then drops the oldest.

        Args:
            step: optimizer steps that are done.
            tensors: from `RunState.tensors`.
            progress: what else is needed to go on, as JSON can hold it.
            facts: what a training that goes on from here must agree with.

        Raises:
            OSError: it cannot be written; all that was saved before is still there.
        """
        path = self.folder / f"step-{step:08d}"
        try:
            with replaced_folder(path, empty=True) as aside:
                for name in TENSORS:
                    save_file(tensors[name], aside / f"{name}.safetensors")
                (aside / "progress.json").write_text(json.dumps(progress), encoding="utf-8")
                write_manifest(aside, {"format": FORMAT, "step": step, **facts})
        except (OSError, SafetensorError) as error:
            got = getattr(error, "strerror", None) or error
            raise OSError(
                f"{path}: expected a place that takes the checkpoint of step {step}, got {got}; what was saved "
                "before is whole, and `--resume true` goes on from there"
            ) from error
        for old in self._numbered()[: -self.keep]:
            self._remove(old)

    def newest(self) -> RunCheckpoint | None:
        """The newest checkpoint that is whole; None if there is none at all. Warns of each that is damaged.

        Raises:
            ValueError: all are damaged; it says how.
        """
        damages = []
        for path in reversed(self._numbered()):
            try:
                facts = read_manifest(path)
                if facts.pop("format") != FORMAT or path.name != f"step-{facts['step']:08d}":
                    raise DamagedError("its manifest is that of another checkpoint")
            except DamagedError as error:
                damages.append(f"{path}: {error}")
                continue
            for damage in damages:
                warnings.warn(f"a damaged checkpoint is passed over: {damage}; {path.name} is used", stacklevel=2)
            return RunCheckpoint(path, facts)
        if damages:
            raise ValueError(f"expected a checkpoint that is whole, got {'; '.join(damages)}")
        return None

    def go_on_from(self, checkpoint: RunCheckpoint) -> None:
        """Puts what is newer, and thus damaged, out of the way, and removes what killed processes have left.

        A damaged checkpoint becomes `step-00000100.damaged-` and some digits, for whoever wants to look at it.
        """
        for path in self._numbered():
            if _step_of(path) > _step_of(checkpoint.folder):
                path.rename(path.with_name(f"{path.name}.damaged-{secrets.token_hex(3)}"))
        self.clear_unfinished()

    def clear_unfinished(self) -> None:
        """Removes what killed processes have left."""
        for left in self.folder.glob(".step-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _numbered(self) -> list[Path]:
        """The checkpoints, damaged or not, the oldest first."""
        if not self.folder.is_dir():
            return []
        found = [path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)]
        return sorted(found, key=_step_of)

    def _remove(self, path: Path) -> None:
        """A name that is taken away first: a checkpoint half removed must not look like one."""
        gone = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
        path.rename(gone)
        shutil.rmtree(gone)


def _step_of(path: Path) -> int:
    return int(path.name.removeprefix("step-"))
