"""A clip of a checked folder: where its frames and masks are, and what is said about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OwnExpression:
    """What is said, and the labels of the objects that it is true of: none if it is true of nothing in the clip."""

    text: str
    object_ids: tuple[int, ...]


@dataclass(frozen=True)
class OwnClip:
    """One clip of a folder of clips.

    Attributes:
        name: of its folder.
        frames: the folder of its frames, or the video file.
        frame_names: the names of the files without endings, in natural order; of a video 00000, 00001, ...
        masks: the folder of its masks, one PNG for every frame, under the frame's name.
        expressions: in the order of `expressions.json`.
        seen: for each object of the masks the names of the frames that show it.
    """

    name: str
    frames: Path
    frame_names: tuple[str, ...]
    masks: Path
    expressions: tuple[OwnExpression, ...]
    seen: Mapping[int, frozenset[str]]

    def shows(self, expression: OwnExpression, frame_names: tuple[str, ...]) -> bool:
        """Whether one of those frames shows one of the objects of an expression."""
        frames = frozenset(frame_names)
        return any(frames & self.seen.get(object_id, frozenset()) for object_id in expression.object_ids)
