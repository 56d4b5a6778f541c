"""Our own layout: for each video a masks.json, as <video>.json or <video>/masks.json.

`refsam evaluate` writes it with the ids of expressions and names of frames; a masks.json of `refsam segment` has
neither: its expressions are told by their words, its frames by their numbers.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from ...processing_refsam import normalize_expression
from ...video.errors import VideoError
from ...video.masks_json import read_masks_json
from ...video.rle import Rle
from ..protocols import Row
from ..run_folder import file_name
from .source import PredictionSource, entries, inside

MASKS = "masks.json"


class _Mask(NamedTuple):
    rle: Rle
    score: float


class ClipJson(PredictionSource[_Mask]):
    """See the module."""

    def video_ids(self) -> set[str]:
        files = {unquote(path.stem) for path in entries(self.path) if path.suffix == ".json"}
        return files | {path.name for path in entries(self.path) if (path / MASKS).is_file()}

    def held(self, rows: Sequence[Row]) -> tuple[dict[str, dict[str, _Mask]], list[str]]:
        path = self._file(rows[0]["video_id"])
        if path is None:
            return {}, []
        found: dict[str, dict[str, _Mask]] = {}
        notes = []
        for number, expression in enumerate(read_masks_json(path)["expressions"]):
            row = _row_of(expression, rows, found)
            if row is None:
                name = expression.get("expression_id", expression["text"])
                notes.append(f"handed in, but not of the benchmark: expression {number} ({name!r})")
                continue
            names = _frame_names(expression, row, f"{path}, expression {number}")
            masks = map(_Mask, expression["masks"], expression["scores"])
            found[row["expression_id"]] = dict(zip(names, masks, strict=True))
        return found, notes

    def mask(self, held: _Mask, row: Row) -> tuple[Rle, float]:
        return held.rle, held.score

    def _file(self, video_id: str) -> Path | None:
        path = self.path / file_name(video_id)
        if path.is_file():
            return path
        try:
            path = inside(self.path, video_id, MASKS)
        except VideoError:  # no folder can be called so; the file can
            return None
        return path if path.is_file() else None


def _row_of(expression: Mapping[str, Any], rows: Sequence[Row], taken: Mapping[str, Any]) -> Row | None:
    """The row that an expression stands for: that of its id, or the first of its words that is still free."""
    for row in rows:
        if row["expression_id"] in taken:
            continue
        if "expression_id" in expression:
            if row["expression_id"] == expression["expression_id"]:
                return row
        elif normalize_expression(row["expression"]) == normalize_expression(expression["text"]):
            return row
    return None


def _frame_names(expression: Mapping[str, Any], row: Row, where: str) -> list[str]:
    count = len(expression["masks"])
    if "frame_names" in expression:
        names = expression["frame_names"]
        if not isinstance(names, list) or len(names) != count or not all(isinstance(name, str) for name in names):
            raise VideoError(f"{where}: expected {count} frame_names, one per mask, got {names!r:.60}")
        return names
    known = row["frame_names"]
    return [known[index] if 0 <= index < len(known) else f"number {index}" for index in expression["frame_indices"]]
