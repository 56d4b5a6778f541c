"""A prepared benchmark as rows again: the same ones, whose pixels are decoded from the Parquet files.

A row says in `frames_dir` where its video is, and in `masks` where itself is, by an address as `files` has it.
"""

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ...video.errors import VideoError
from ...video.image_files import decode_label_map, decode_still
from ...video.rle import decode_rle
from ..benchmark import Benchmark, Frames, Masks, Row
from ..image_folders import VOID, stack_frames
from ..problems import BenchmarkError
from ..rows import row_features
from .files import addresses, open_parquet, read_row
from .names import EXPRESSIONS, LOCAL_COLUMNS, VIDEOS, hub_split

if TYPE_CHECKING:
    from datasets import Dataset

HUB = "hf://datasets/"
_OF_MASKS = ("frame_names", "object_ids", "masks", "void")

Value = TypeVar("Value")


def is_prepared(root: str | os.PathLike[str] | None) -> bool:
    """Whether it is a folder that `prepare` wrote, or the address of one on the Hub, hf://datasets/NAME/DATASET."""
    if root is None:
        return False
    return os.fspath(root).startswith(HUB) or next(Path(root).glob(f"{EXPRESSIONS}/*.parquet"), None) is not None


def load_prepared(name: str, root: str | os.PathLike[str], split: str) -> "Dataset":
    """The rows of a split, as its benchmark gave them when it was prepared.

    Args:
        root: as `is_prepared`; of the Hub only the files of the split are fetched, into its cache.

    Raises:
        BenchmarkError: the files are of another benchmark or split, are not such tables, or lack a video.
        OSError: they cannot be fetched or read.
    """
    import pyarrow as pa
    from datasets import Dataset

    folder = Path(_fetch(os.fspath(root), split) if os.fspath(root).startswith(HUB) else os.path.abspath(root))
    frames_of: dict[str, str] = {}
    for path in _files(folder, VIDEOS, split):
        table, places = _read_table(path, ["video_id"])
        frames_of |= dict(zip(table["video_id"].to_pylist(), places, strict=True))
    tables = [_rows(path, name, split, frames_of) for path in _files(folder, EXPRESSIONS, split)]
    return Dataset(pa.concat_tables(tables))


def _fetch(address: str, split: str) -> str:
    from huggingface_hub import snapshot_download

    repo, _, revision = address.removeprefix(HUB).strip("/").partition("@")
    patterns = [f"{table}/{hub_split(split)}-*.parquet" for table in (VIDEOS, EXPRESSIONS)]
    try:
        return snapshot_download(repo, repo_type="dataset", revision=revision or None, allow_patterns=patterns)
    except (ValueError, OSError) as error:
        raise OSError(f"{address}: expected a dataset of the Hub, hf://datasets/NAME/DATASET: {error}") from error


def _files(folder: Path, table: str, split: str) -> list[Path]:
    found = sorted(folder.glob(f"{table}/{hub_split(split)}-*.parquet"))
    if not found:
        there = sorted({path.name.rpartition("-")[0] for path in folder.glob(f"{table}/*.parquet")}) or ["none"]
        raise BenchmarkError(f"{folder / table}: expected files of the split {split!r}, got {', '.join(there)}")
    return found


def _rows(path: Path, name: str, split: str, frames_of: Mapping[str, str]) -> Any:
    """The rows of one file as an Arrow table, which remembers their features."""
    import pyarrow as pa
    import pyarrow.compute as pc

    features = _features(path)
    # of the masks their sizes, which tell whether there are any
    table, places = _read_table(path, [name for name in features if name != "masks"] + ["masks.list.element.size"])
    for column, expected in (("benchmark", name), ("split", split)):
        got = [value for value in pc.unique(table[column]).to_pylist() if value != expected]
        if got:
            raise BenchmarkError(f"{path}: expected rows of the {column} {expected!r}, got those of {got[0]!r}")
    videos = table["video_id"].to_pylist()
    missing = [video for video in videos if video not in frames_of]
    if missing:
        raise BenchmarkError(f"{path}: expected only videos that are in the table of videos, got {missing[0]!r} too")
    shown = pc.list_value_length(table["masks"]).to_pylist()
    own: dict[str, Any] = {
        "frames_dir": [frames_of[video] for video in videos],
        "masks": [place if count else "" for place, count in zip(places, shown, strict=True)],
    }
    schema = features.arrow_schema
    columns = {name: own.get(name, table[name] if name in table.column_names else None) for name in schema.names}
    try:
        return pa.table(columns, schema=schema)
    except (pa.ArrowException, TypeError) as error:
        raise BenchmarkError(f"{path}: expected the columns of a benchmark's rows, got others: {error}") from error


def _features(path: Path) -> Any:
    """Those of every row, and what else this benchmark has."""
    from datasets import Features

    found = Features.from_arrow_schema(open_parquet(path).schema_arrow)
    other = {name: kind for name, kind in found.items() if name not in (*LOCAL_COLUMNS, "masks", "void")}
    return Features({**row_features(), **other, **{name: row_features()[name] for name in ("frames_dir", "masks")}})


def _read_table(path: Path, columns: Sequence[str]) -> tuple[Any, list[str]]:
    """Columns of a file, but for those that it must not have, and for each row where it is."""
    import pyarrow as pa

    file = open_parquet(path)
    try:
        table = file.read(columns=[name for name in columns if name not in LOCAL_COLUMNS])
    except (pa.ArrowException, OSError) as error:
        raise BenchmarkError(f"{path}: expected a Parquet file that is whole, got {error}") from error
    needed = {name.partition(".")[0] for name in columns} - {"frames_dir"}
    if missing := sorted(needed - set(table.column_names)):
        raise BenchmarkError(f"{path}: expected a table of `refsam prepare`, got none of a column {missing[0]!r}")
    return table, addresses(path, file)


def _decode_frames(row: Row) -> Frames:
    """The frames that a row names, decoded as image files are."""
    images = _images(row, "frames")
    return stack_frames(row["frame_names"], lambda name: decode_still(io.BytesIO(_of(images, name)), name))


def _decode_masks(row: Row) -> tuple[Masks, Masks]:
    """From the label maps, where there are some, so of any objects; else from the row's own masks."""
    maps = _images(row, "labels")
    if maps:
        labels = stack_frames(row["frame_names"], lambda name: decode_label_map(io.BytesIO(_of(maps, name)), name)[0])
        return np.isin(labels, [label for label in row["object_ids"] if label != VOID]), labels == VOID
    said = read_row(row["masks"], _OF_MASKS)
    if list(said["object_ids"]) != list(row["object_ids"]):
        raise VideoError(f"expected the objects {said['object_ids']}, whose masks are kept, got {row['object_ids']}")
    masks = dict(zip(said["frame_names"], said["masks"], strict=True))
    shown = stack_frames(row["frame_names"], lambda name: decode_rle(_of(masks, name)))
    if not said["void"]:
        return shown, np.zeros_like(shown)
    void = dict(zip(said["frame_names"], said["void"], strict=True))
    return shown, stack_frames(row["frame_names"], lambda name: decode_rle(_of(void, name)))


def _images(row: Row, column: str) -> dict[str, bytes]:
    """By the names of the frames, compressed as they were."""
    video = read_row(row["frames_dir"], ("frame_names", column))
    images = video.get(column) or []
    return {name: image["bytes"] for name, image in zip(video["frame_names"], images, strict=bool(images))}


def _of(images: Mapping[str, Value], name: str) -> Value:
    if name not in images:
        raise VideoError(f"frame {name!r}: expected one of the frames that were prepared, got another")
    return images[name]


PREPARED = Benchmark(load_prepared, _decode_frames, _decode_masks)
"""Decodes the rows of `load_prepared`, of whatever benchmark they are."""
