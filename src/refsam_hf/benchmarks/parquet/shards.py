"""Parquet files of bounded size, written row by row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

SHARD_BYTES = 500 * 2**20


class ParquetShards:
    """Writes rows into `<stem>-00000.parquet`, `<stem>-00001.parquet`, ... of a folder.

    What is written at once is a row group of its own: one video can be read without the others.

    Args:
        features: the `datasets.Features` of the rows, which the files remember.
        shard_bytes: a file that has reached so many is followed by another one.
    """

    def __init__(self, folder: Path, stem: str, features: Any, shard_bytes: int = SHARD_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._stem = stem
        self._schema = features.arrow_schema  # images are structs of bytes and name
        self._shard_bytes = shard_bytes
        self._count = 0
        self._file: Any = None
        self._writer: Any = None

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes some rows as one row group."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._writer is None:
            self._file = (self._folder / f"{self._stem}-{self._count:05d}.parquet").open("wb")
            self._writer = pq.ParquetWriter(self._file, self._schema)
            self._count += 1
        self._writer.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=self._schema))
        if self._file.tell() >= self._shard_bytes:
            self._close()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._file.close()
            self._writer = None

    def __enter__(self) -> "ParquetShards":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
