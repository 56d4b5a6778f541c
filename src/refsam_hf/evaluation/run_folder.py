"""The folder of an evaluation: the result of each video, written as it ends, so that a killed run can go on.

run.json                   what is measured; a run with other options is refused
videos/<video>.json        the items of a video, or the error that it ended with
predictions/<video>.json   the masks that the model predicted for it, as COCO RLE
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..files.json import json_text, read_json
from ..files.written_aside import written_aside
from .protocols import Item, Predicted, Row

SCORES, PREDICTIONS = "videos", "predictions"


@dataclass(frozen=True)
class VideoResult:
    """What became of one video.

    Attributes:
        video_id: of the video.
        items: as its protocol measured them; none where its masks are hidden, it shows nothing to score, or it failed.
        error: what was wrong with it, or None.
        notes: what was missing or too much in the predictions.
        seconds: that it took.
    """

    video_id: str
    items: list[Item] = field(default_factory=list)
    error: str | None = None
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def file_name(video_id: str) -> str:
    """A name for a file of a video, whatever its id holds: a letter that a path could misread becomes a code."""
    name = quote(video_id, safe=" ()+,=@")
    return f"{name if not name.startswith('.') else '%2E' + name[1:]}.json"  # a dot in front would hide it


class RunFolder:
    """The folder of one evaluation.

    Args:
        path: made if it is not there.
        about: what is measured, as JSON holds it. What stands in an existing run.json has to be the same.

    Raises:
        ValueError: the folder holds another evaluation, or something else.
        OSError: it cannot be written to.
    """

    def __init__(self, path: str | os.PathLike[str], about: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.about = json.loads(json_text(dict(about)))
        self._check()
        self.path.mkdir(parents=True, exist_ok=True)
        if not (self.path / "run.json").exists():  # first: what is killed here has to go on too
            _write(self.path / "run.json", self.about)
        for name in (SCORES, PREDICTIONS):
            (self.path / name).mkdir(exist_ok=True)

    def is_done(self, video_id: str) -> bool:
        """Whether a video was scored; one that failed is tried again."""
        return (self.path / SCORES / file_name(video_id)).is_file() and self.read(video_id).error is None

    def read(self, video_id: str) -> VideoResult:
        """The result of a video.

        Raises:
            OSError: it has none.
            ValueError: the file is none of a result.
        """
        path = self.path / SCORES / file_name(video_id)
        content = read_json(path, dict)
        try:
            return VideoResult(**content)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: expected the result of a video, got something else: {error}") from error

    def write(self, result: VideoResult) -> None:
        """Puts the result of a video down."""
        _write(self.path / SCORES / file_name(result.video_id), asdict(result), indent=None)

    def write_predictions(self, rows: Sequence[Row], predictions: Mapping[str, Predicted]) -> None:
        """Puts the predicted masks of a video down, in the form of masks.json, with ids and names of the frames."""
        expressions = []
        for row in rows:
            predicted = predictions.get(row["expression_id"])
            if predicted is None:
                continue
            held = [place for place, mask in enumerate(predicted.masks) if mask is not None]
            scores = predicted.scores or [1.0] * len(predicted.masks)
            expressions.append(
                {
                    "expression_id": row["expression_id"],
                    "text": row["expression"],
                    "frame_names": [row["frame_names"][place] for place in held],
                    "frame_indices": held,
                    "scores": [scores[place] for place in held],
                    "masks": [predicted.masks[place] for place in held],
                }
            )
        sizes = [mask["size"] for expression in expressions for mask in expression["masks"]] or [[0, 0]]
        content = {"video": rows[0]["video_id"], "height": sizes[0][0], "width": sizes[0][1], "fps": None}
        path = self.path / PREDICTIONS / file_name(rows[0]["video_id"])
        _write(path, content | {"expressions": expressions}, indent=None)

    def _check(self) -> None:
        file = self.path / "run.json"
        # but for hidden files, as a killed run.json leaves one; listed once, as other processes may write meanwhile
        there = {path.name for path in self.path.iterdir()} if self.path.is_dir() else set()
        visible = {name for name in there if not name.startswith(".")}
        if file.name not in visible:
            if visible:
                raise FileExistsError(
                    f"{self.path}: expected a new or an empty folder, or one of an evaluation, got a folder without a "
                    "run.json"
                )
            return
        found = read_json(file, dict)
        for name in self.about.keys() | found.keys():
            if self.about.get(name) != found.get(name):
                raise ValueError(
                    f"{self.path}: expected the results of {name} {self.about.get(name)!r}, got those of "
                    f"{found.get(name)!r}: name another folder"
                )


def _write(path: Path, content: Any, indent: int | None = 2) -> None:
    with written_aside(path) as aside:
        aside.write_text(json_text(content, indent), encoding="utf-8")
