"""Label maps of Ref-DAVIS17: anno_<annotator>/<video>/<frame>.png, label i is object i; 255 is no object."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...benchmarks.image_folders import VOID
from ...video.image_files import read_label_map
from ...video.rle import Rle, encode_rle
from ..protocols import Predicted, Row
from .source import PredictionSource, entries, inside, listed

PREFIX = "anno_"


class _Label(NamedTuple):
    rle: Rle
    annotator: int
    label: int


class LabelMapFolders(PredictionSource[_Label]):
    """See the module. Labels of no expression are proposals too: the unsupervised evaluation asks for no names."""

    def video_ids(self) -> set[str]:
        annotators = [path for path in entries(self.path) if path.name.startswith(PREFIX)]
        return {path.name for annotator in annotators for path in entries(annotator) if path.is_dir()}

    def predict(self, rows: Sequence[Row]) -> tuple[dict[str, Predicted], list[str]]:
        masks, notes = self.held(rows)
        expressions = {row["expression_id"] for row in rows}
        found, notes = self.of_rows(rows, {key: own for key, own in masks.items() if key in expressions}, notes)
        for key, own in masks.items():
            if key not in expressions:
                one = next(iter(own.values()))
                rles = [own[name].rle if name in own else None for name in rows[0]["frame_names"]]
                found[key] = Predicted(rles, proposal=(one.annotator, one.label))
        return found, notes

    def held(self, rows: Sequence[Row]) -> tuple[dict[str, dict[str, _Label]], list[str]]:
        found: dict[str, dict[str, _Label]] = {}
        notes = []
        for annotator in sorted({row["annotator"] for row in rows}):
            folder = inside(self.path, f"{PREFIX}{annotator}", rows[0]["video_id"])
            said = {row["object_ids"][0]: row["expression_id"] for row in rows if row["annotator"] == annotator}
            others = set()
            for path in (path for path in entries(folder) if path.suffix.lower() == ".png"):
                labels = read_label_map(path)[0]  # each is decoded once
                shown = set(np.unique(labels).tolist()) - {0, VOID}
                others |= shown - said.keys()
                for label in said.keys() | shown:
                    key = said.get(label, f"{PREFIX}{annotator}/{label}")  # no expression can be called so
                    found.setdefault(key, {})[path.stem] = _Label(encode_rle(labels == label), annotator, label)
            if others:
                names = listed([str(label) for label in others], "label")
                notes.append(f"{PREFIX}{annotator}: handed in, but of no expression (so only a proposal): {names}")
        return found, notes

    def mask(self, held: _Label, row: Row) -> tuple[Rle, None]:
        return held.rle, None
