"""masks.json: the masks of a clip's expressions as COCO RLE."""

import json
import os
from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from ..files.json import read_json
from .errors import VideoError
from .output import MaskOutput
from .rle import Rle, check_rle, encode_rle


class ExpressionMasks(TypedDict):
    """One expression: the frames looked at, and for each its score and its mask."""

    text: str
    frame_indices: list[int]
    scores: list[float]
    masks: list[Rle]


class ClipMasks(TypedDict):
    """The content of a masks.json. `fps` is None where the clip does not say."""

    video: str
    height: int
    width: int
    fps: float | None
    expressions: list[ExpressionMasks]


class MasksJson(MaskOutput):
    """Writes a masks.json. What is kept until the end is the RLE of each mask, some hundred bytes.

    Args:
        path: ends in .json.
        texts: the expressions.
        video: what the clip is called.
        fps: its frames per second, if known.
    """

    suffixes = (".json",)

    def __init__(self, path: str | os.PathLike[str], texts: Sequence[str], *, video: str, fps: float | None) -> None:
        super().__init__(path, texts)
        self._video = video
        self._fps = fps
        self._expressions: list[ExpressionMasks] = [
            {"text": text, "frame_indices": [], "scores": [], "masks": []} for text in self.texts
        ]

    def _write(self, frame: np.ndarray, masks: np.ndarray, scores: np.ndarray) -> None:
        for expression, mask, score in zip(self._expressions, masks, scores.tolist(), strict=True):
            expression["frame_indices"].append(self.frames)
            expression["scores"].append(score)
            expression["masks"].append(encode_rle(mask))

    def _finish(self) -> None:
        height, width = self._size
        content: ClipMasks = {
            "video": self._video,
            "height": height,
            "width": width,
            "fps": self._fps,
            "expressions": self._expressions,
        }
        with self._aside.open("w", encoding="utf-8") as file:
            json.dump(content, file, allow_nan=False)
            file.write("\n")


def read_masks_json(path: str | os.PathLike[str]) -> ClipMasks:
    """The content of a masks.json, checked: every mask can be decoded and has the size of the clip.

    Raises:
        OSError: the file cannot be read.
        VideoError: it is no masks.json; the message says where it differs.
    """
    content: ClipMasks = read_json(path, dict, VideoError)
    try:
        _check(content)
    except VideoError as error:
        raise VideoError(f"{path}: {error}") from error
    return content


def _check(content: object) -> None:
    rate = (int, float, type(None))
    clip = _fields(content, "the file", video=str, height=int, width=int, fps=rate, expressions=list)
    size = [clip["height"], clip["width"]]
    for index, item in enumerate(clip["expressions"]):
        name = f"expression {index}"
        expression = _fields(item, name, text=str, frame_indices=list, scores=list, masks=list)
        lengths = {key: len(expression[key]) for key in ("frame_indices", "scores", "masks")}
        if len(set(lengths.values())) != 1:
            raise VideoError(f"{name}: expected as many frame_indices as scores and masks, got {lengths}")
        for frame, score, mask in zip(*(expression[key] for key in lengths), strict=True):
            if type(frame) is not int or type(score) not in (int, float):
                raise VideoError(f"{name}: expected a whole number and a score, got {frame!r} and {score!r}")
            shape = list(check_rle(mask))
            if shape != size:
                raise VideoError(f"{name}, frame {frame}: expected a mask of size {size}, got {shape}")


def _fields(item: object, name: str, **kinds: type | tuple[type, ...]) -> dict:
    if not isinstance(item, dict):
        raise VideoError(f"{name}: expected an object, got {type(item).__name__}")
    for key, kind in kinds.items():
        if key not in item:
            raise VideoError(f"{name}: expected a field {key!r}, got only {sorted(item)}")
        if not isinstance(item[key], kind) or isinstance(item[key], bool):
            raise VideoError(f"{name}: expected another type of {key!r}, got {type(item[key]).__name__}")
    return item
