"""COCO's results: a JSON list of {"image_id", "category_id", "segmentation": RLE, "score"}, one for each mask.

An `image_id` names the video or image, the frame and the expression: v_<video>_f_<frame>_i_<expression>. So do the
files that the field uses for A2D-Sentences, where an expression is called by its instance. Those for JHMDB-Sentences
name the video and the frame alone, v_<video>_f_<frame>: there is one sentence about a video.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ...benchmarks.registry import BENCHMARKS
from ...files.json import read_json
from ...video.errors import VideoError
from ...video.rle import Rle, check_rle
from ..protocols import Row
from .source import PredictionSource

CATEGORY = 1
BY_FRAME = "coco_by_frame"
"""The form of submission (`Benchmark.submission`) whose ids name no expression."""


class _Mask(NamedTuple):
    rle: Rle
    score: float


def image_id(row: Row, frame_name: str) -> str:
    """The id of one frame of a row; a frame that is a number is written without zeros in front."""
    frame = str(int(frame_name)) if frame_name.isdecimal() else frame_name
    benchmark = BENCHMARKS.get(row["benchmark"])
    by_frame = benchmark is not None and benchmark.submission == BY_FRAME
    return f"v_{row['video_id']}_f_{frame}" + ("" if by_frame else f"_i_{row['expression_id']}")


def samples(rows: Sequence[Row]) -> Iterator[tuple[Row, int, str]]:
    """Every frame of the rows of a video: the row, the place of the frame in it, and its id.

    Raises:
        VideoError: an id comes twice, as where two sentences are about a video of JHMDB: the form cannot tell them.
    """
    seen = set()
    for row in rows:
        for place, name in enumerate(row["frame_names"]):
            key = image_id(row, name)
            if key in seen:
                raise VideoError(f"video {row['video_id']!r}: expected samples of different ids, got {key!r} twice")
            seen.add(key)
            yield row, place, key


class CocoJson(PredictionSource[_Mask]):
    """See the module. Of several masks of one id that with the highest score counts, as the field reports it.

    Raises:
        VideoError: the file is no such list; the entry is named.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._masks: dict[str, _Mask] = {}
        for place, entry in enumerate(read_json(path, list, VideoError)):
            key, mask = _read(entry, f"{path}, result {place}")
            if key not in self._masks or mask.score > self._masks[key].score:
                self._masks[key] = mask

    def video_ids(self) -> set[str]:
        """None: what of an id is the video can only be said with the benchmark at hand, as `extra_videos` does."""
        return set()

    def extra_videos(self, videos: Mapping[str, Sequence[Row]], left_out: Collection[str] = ()) -> list[str]:
        asked = {image_id(row, name) for rows in videos.values() for row in rows for name in row["frame_names"]}
        unknown = tuple(f"v_{video}_f_" for video in left_out)  # which frames and expressions these have
        return sorted(key for key in self._masks.keys() - asked if not key.startswith(unknown))

    def held(self, rows: Sequence[Row]) -> tuple[dict[str, dict[str, _Mask]], list[str]]:
        found: defaultdict[str, dict[str, _Mask]] = defaultdict(dict)
        for row, place, key in samples(rows):
            if mask := self._masks.get(key):
                found[row["expression_id"]][row["frame_names"][place]] = mask
        return dict(found), []

    def mask(self, held: _Mask, row: Row) -> tuple[Rle, float]:
        return held.rle, held.score


def _read(entry: object, where: str) -> tuple[str, _Mask]:
    if not isinstance(entry, dict) or not {"image_id", "segmentation", "score"} <= entry.keys():
        raise VideoError(f"{where}: expected an object with image_id, segmentation and score, got {entry!r:.80}")
    score = entry["score"]
    if isinstance(score, bool) or not isinstance(score, (int, float)) or score != score:
        raise VideoError(f"{where}: expected a number as score, got {score!r}")
    try:
        check_rle(entry["segmentation"])
    except VideoError as error:
        raise VideoError(f"{where}: {error}") from error
    return str(entry["image_id"]), _Mask(entry["segmentation"], float(score))
