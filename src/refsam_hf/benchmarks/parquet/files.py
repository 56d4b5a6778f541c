"""Parquet files: opened cheaply again and again, and their rows by address, `parquet:<file>#<group>.<row in it>`."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...video.errors import VideoError
from ..problems import BenchmarkError

SCHEME = "parquet:"


def open_parquet(path: Path | str) -> Any:
    """The file, whose metadata are parsed once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path, metadata=_metadata(str(path), os.stat(path).st_mtime_ns))
    except pa.ArrowException as error:
        raise BenchmarkError(f"{path}: expected a Parquet file, got something else: {error}") from error


@lru_cache(maxsize=16)
def _metadata(path: str, changed: int) -> Any:
    import pyarrow.parquet as pq

    return pq.read_metadata(path)


def addresses(path: Path, file: Any) -> list[str]:
    """Where each row of an open file is."""
    counts = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    return [f"{SCHEME}{path}#{group}.{row}" for group, count in enumerate(counts) for row in range(count)]


def read_row(address: str, columns: tuple[str, ...]) -> dict[str, Any]:
    """Some columns of one row.

    Raises:
        VideoError: the file is damaged.
        OSError: it cannot be read.
    """
    path, _, place = address.removeprefix(SCHEME).rpartition("#")
    group, _, row = place.partition(".")
    cells = _row_group(path, int(group), columns, os.stat(path).st_mtime_ns)
    return cells[int(row)]


@lru_cache(maxsize=4)  # a video's images, its label maps, its masks: the rows of a video stand together
def _row_group(path: str, group: int, columns: tuple[str, ...], changed: int) -> list[dict[str, Any]]:
    import pyarrow as pa

    try:
        rows: list[dict[str, Any]] = open_parquet(path).read_row_group(group, columns=list(columns)).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise VideoError(f"{path}: expected a Parquet file that is whole, got {error}") from error
    return rows
