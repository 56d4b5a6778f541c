"""Where numbers come from: the versions, the commit and the weights that made them."""

import hashlib
import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "transformers", "datasets", "numpy", "Pillow", "av", "pycocotools")


def versions() -> dict[str, str]:
    """The versions of this package and of those that can change a number."""
    from .. import __version__

    return {"refsam_hf": __version__, "python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def code_version() -> dict[str, str | None]:
    """The version of this package and its commit, of which nobody can tell whether they change a number."""
    from .. import __version__

    return {"refsam_hf": __version__, "commit": git_commit()}


def git_commit() -> str | None:
    """The commit of the checkout that this package is run from, with "-changed" where files differ from it; None if
    it is not run from one."""
    package = Path(__file__).resolve().parents[1]
    try:
        _git(package, "ls-files", "--error-unmatch", "__init__.py")  # not just any checkout around an environment
        commit = _git(package, "rev-parse", "HEAD")
        changed = _git(package, "status", "--porcelain", "--untracked-files=no", ".")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}-changed" if changed else commit


def _git(folder: Path, *words: str) -> str:
    result = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=20)
    return result.stdout.strip()


def weights_sha256(model: Any) -> str:
    """A hash of all that a model's state dict holds: names, types, shapes and values.

    It is the same however the checkpoint is stored, and whatever device it is on.
    """
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        flat = tensor.detach().cpu().contiguous().flatten()
        if flat.numel():
            digest.update(memoryview(flat.view(torch.uint8).numpy()))
    return digest.hexdigest()


def rows_sha256(rows: Sequence[Any]) -> str:
    """A hash of what is asked of rows: videos, frames and expressions; not of where they lie."""
    digest = hashlib.sha256()
    for row in rows:
        asked = [row["video_id"], row["expression_id"], row["expression"], row["object_ids"], row["annotator"]]
        digest.update(repr([*asked, list(row["frame_names"])]).encode())
    return digest.hexdigest()


def listing_sha256(path: str | os.PathLike[str]) -> str:
    """A hash of which files lie in a folder, or of a file: their names, sizes and times of change."""
    root = Path(path)
    digest = hashlib.sha256()
    for file in [root] if root.is_file() else sorted(root.rglob("*")):
        if file.is_file():
            state = file.stat()
            digest.update(f"{file.relative_to(root)} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
