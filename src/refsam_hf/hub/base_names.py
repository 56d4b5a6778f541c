"""What an adapter-only checkpoint calls the checkpoints that it belongs to."""

import os
from pathlib import Path

import refsam_hf

BUNDLED = Path(refsam_hf.TINY_CHECKPOINT).name
"""The name of the checkpoint that comes with the package, wherever that is installed."""


def base_name(checkpoint: str | os.PathLike[str]) -> str:
    """The name to write down: of a folder its whole path, of the bundled checkpoint its own name, else a Hub name."""
    path = Path(checkpoint)
    if not path.exists():
        return str(checkpoint)
    path = path.resolve()
    return BUNDLED if path == Path(refsam_hf.TINY_CHECKPOINT).resolve() else str(path)


def base_source(name: str) -> str:
    """Where the checkpoint of that name is read from."""
    return refsam_hf.TINY_CHECKPOINT if name == BUNDLED and not Path(name).exists() else name
