"""What all outputs share: frames with their masks go in one by one, and a whole file stands there at the end."""

import contextlib
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..files.aside import file_aside, new_folder_aside, put_in_place, remove
from .errors import VideoError

if TYPE_CHECKING:
    from typing import Self


class MaskOutput(ABC):
    """One output file or folder, written frame by frame in constant memory, whole or absent.

    A context manager: what was written stands under its name only after the block ended well; an exception leaves
    what stood there before. Until then it is kept under a hidden name in the same folder.

    Args:
        path: where to write. An existing file is replaced; an existing folder has to be empty.
        texts: the expressions, E of them.

    Raises:
        OSError: the path cannot be written to.
        VideoError: the path has a suffix of another kind of output, or there is no expression.
    """

    suffixes: ClassVar[tuple[str, ...]]
    """The suffixes that the output can have; ("",) stands for a folder."""

    def __init__(self, path: str | os.PathLike[str], texts: Sequence[str]) -> None:
        if not texts:
            raise VideoError(f"{path}: expected at least one expression, got none")
        self.path = Path(path)
        self.texts = list(texts)
        self.frames = 0
        """How many frames were written."""
        self._size = 0, 0  # (H, W), from the first frame on
        self._held = contextlib.ExitStack()  # what is to be let go of before the output can be removed
        folder = "" in self.suffixes
        if not folder and self.path.suffix.lower() not in self.suffixes:
            raise VideoError(
                f"{path}: expected a name that ends in {' or '.join(self.suffixes)}, got {self.path.name!r}"
            )
        self._target = self.path.resolve() if folder else self.path  # where a link points
        self._aside = new_folder_aside(self._target, str(path)) if folder else file_aside(self.path)

    def write(self, frame: np.ndarray, masks: Any, scores: Any) -> None:
        """Adds the next frame.

        Args:
            frame: uint8 (H, W, 3) RGB.
            masks: bool (E, H, W), an array or a tensor, one mask per expression.
            scores: (E,), finite.

        Raises:
            VideoError: one of them has another shape or type, or another size than the first frame.
        """
        masks, scores = np.asarray(masks), np.asarray(scores, dtype=np.float64)
        name = f"{self.path}, frame {self.frames}"
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise VideoError(f"{name}: expected a uint8 frame (H, W, 3), got {frame.dtype} of shape {frame.shape}")
        size = frame.shape[0], frame.shape[1]
        if self.frames == 0:
            self._size = size
        if size != self._size:
            raise VideoError(f"{name}: expected the size of the first frame, {self._size}, got {size}")
        expected = (len(self.texts), *size)
        if masks.dtype != np.bool_ or masks.shape != expected:
            raise VideoError(f"{name}: expected bool masks {expected}, got {masks.dtype} of shape {masks.shape}")
        if scores.shape != expected[:1] or not np.isfinite(scores).all():
            raise VideoError(f"{name}: expected {len(self.texts)} finite scores, got {scores}")
        self._write(frame, masks, scores)
        self.frames += 1

    def close(self) -> None:
        """Completes the output and puts it under its name.

        Raises:
            VideoError: no frame was written.
        """
        try:
            if not self.frames:
                raise VideoError(f"{self.path}: expected at least one frame to write, got none")
            self._finish()
            put_in_place(self._aside, self._target)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Gives up: removes what was written so far."""
        try:
            self._held.close()
        finally:
            remove(self._aside)

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    @abstractmethod
    def _write(self, frame: np.ndarray, masks: np.ndarray, scores: np.ndarray) -> None:
        """Adds a frame that was checked."""

    @abstractmethod
    def _finish(self) -> None:
        """Completes what stands under `self._aside`."""
