"""One PNG for each frame of each expression: <video>/<expression>/<frame>.png, what is not 0 belongs to the mask.

So are submissions to Refer-YouTube-VOS, in a folder "Annotations", and to MeViS laid out.
"""

from collections.abc import Sequence
from pathlib import Path

from ...video.image_files import read_label_map
from ...video.rle import Rle, encode_rle
from ..protocols import Row
from .source import PredictionSource, entries, inside


class PngFolders(PredictionSource[Path]):
    """See the module."""

    def video_ids(self) -> set[str]:
        return {path.name for path in entries(self.path) if path.is_dir()}

    def held(self, rows: Sequence[Row]) -> tuple[dict[str, dict[str, Path]], list[str]]:
        folders = entries(inside(self.path, rows[0]["video_id"]))
        for row in rows:
            inside(self.path, row["expression_id"])
        return {
            folder.name: {path.stem: path for path in entries(folder) if path.suffix.lower() == ".png"}
            for folder in folders
            if folder.is_dir()
        }, []

    def mask(self, held: Path, row: Row) -> tuple[Rle, None]:
        return encode_rle(read_label_map(held)[0] > 0), None
