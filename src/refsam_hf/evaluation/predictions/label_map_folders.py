"""Label maps of Ref-DAVIS17: anno_<annotator>/<video>/<frame>.png, label i is object i; 255 is no object."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...video.image_files import read_label_map
from ...video.rle import Rle, encode_rle
from ..protocols import Row
from .source import PredictionSource, entries, inside, listed

PREFIX = "anno_"


class _Label(NamedTuple):
    path: Path
    label: int


class LabelMapFolders(PredictionSource[_Label]):
    """See the module."""

    def video_ids(self) -> set[str]:
        annotators = [path for path in entries(self.path) if path.name.startswith(PREFIX)]
        return {path.name for annotator in annotators for path in entries(annotator) if path.is_dir()}

    def held(self, rows: Sequence[Row]) -> tuple[dict[str, dict[str, _Label]], list[str]]:
        found: dict[str, dict[str, _Label]] = {}
        notes = []
        for annotator in sorted({row["annotator"] for row in rows}):
            own = [row for row in rows if row["annotator"] == annotator]
            folder = inside(self.path, f"{PREFIX}{annotator}", rows[0]["video_id"])
            maps = {path.stem: path for path in entries(folder) if path.suffix.lower() == ".png"}
            if not maps:
                continue
            labels = {row["object_ids"][0]: row["expression_id"] for row in own}
            shown = {int(label) for path in maps.values() for label in np.unique(read_label_map(path)[0])}
            if extra := shown - labels.keys() - {0, 255}:
                names = listed([str(label) for label in extra], "label")
                notes.append(f"{PREFIX}{annotator}: handed in, but of no expression, and not scored: {names}")
            for label, expression in labels.items():
                found[expression] = {name: _Label(path, label) for name, path in maps.items()}
        return found, notes

    def mask(self, held: _Label, row: Row) -> tuple[Rle, None]:
        return encode_rle(read_label_map(held.path)[0] == held.label), None
