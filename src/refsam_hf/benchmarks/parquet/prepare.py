"""Writes a benchmark as Parquet, and pushes it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...files.new_folder import new_folder
from ...video.progress import progress
from ..options import option_names
from ..problems import VideoProblems
from ..registry import benchmark_of, load_benchmark
from ..streaming import video_ranges
from .card import card
from .names import EXPRESSIONS, VIDEOS, hub_split
from .reading import is_prepared
from .shards import SHARD_BYTES, ParquetShards
from .tables import expression_features, table_rows, video_features

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True)
class Prepared:
    """What was written of a split.

    Attributes:
        split: its name in the files: letters, digits and "_", as the Hub wants it.
        videos, expressions: how many.
    """

    split: str
    videos: int
    expressions: int


def prepare(
    name: str,
    root: str | os.PathLike[str] | None,
    splits: Sequence[str],
    output: str | os.PathLike[str],
    *,
    strict: bool = False,
    shard_bytes: int = SHARD_BYTES,
    **options: Any,
) -> list[Prepared]:
    """Writes splits of a benchmark as Parquet into a new folder, which appears when all of it is there.

        videos/<split>-00000.parquet         a row per video, images embedded
        expressions/<split>-00000.parquet    a row per expression, masks as COCO RLE
        README.md

    `load_benchmark(name, output, split)` gives the same rows again, and `load_dataset(output, "videos")` and
    `load_dataset(output, "expressions")` read the tables.

    Args:
        strict: a video that cannot be decoded is an error, and not left out with a `BenchmarkWarning`.
        shard_bytes: a file that has reached so many is followed by another one.
        options: of the benchmark, see `load_benchmark`.

    Raises:
        ValueError: as `load_benchmark`; no split, or two that have the same name in the files; a
            folder that was prepared already.
        OSError: a file of the benchmark is missing, or the folder cannot be written to.
    """
    names = [hub_split(split) for split in splits]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"splits: expected one or more of different names, got {', '.join(splits) or 'none'}")
    if is_prepared(root):  # its images would be encoded anew, and its label maps left out
        raise ValueError(f"{name}: expected the benchmark's own folder, got {root}, which was prepared already")
    if "strict" in option_names(benchmark_of(name).load):
        options["strict"] = strict
    done = []
    with new_folder(output) as aside:
        for split, hub_name in zip(splits, names, strict=True):
            rows = load_benchmark(name, root, split, **options)
            problems = VideoProblems(f"{name} {split}", strict=strict)
            done.append(_write_split(aside, rows, hub_name, problems, shard_bytes))
            problems.report(done[-1].expressions)
        counts = {found.split: (found.videos, found.expressions) for found in done}
        (aside / "README.md").write_text(card(name, counts), encoding="utf-8")
    return done


def _write_split(folder: Path, rows: "Dataset", split: str, problems: VideoProblems, shard_bytes: int) -> Prepared:
    videos = expressions = 0
    features = expression_features(rows.features)
    with (
        ParquetShards(folder / VIDEOS, split, video_features(), shard_bytes) as of_videos,
        ParquetShards(folder / EXPRESSIONS, split, features, shard_bytes) as of_expressions,
    ):
        for start, end in progress(video_ranges(rows), desc=f"writing {split}", unit="video"):
            own = [rows[index] for index in range(start, end)]
            found = None
            with problems.of(own[0]["video_id"]):
                found = table_rows(own)
            if found is not None:
                of_videos.write([found[0]])
                of_expressions.write(found[1])
                videos, expressions = videos + 1, expressions + len(own)
    return Prepared(split, videos, expressions)


def push(folder: str | os.PathLike[str], repo: str, *, private: bool = True) -> str:
    """Uploads a prepared folder as a dataset of the Hub, and gives its address.

    Args:
        private: of a repository that is made: most benchmarks may not be passed on. One that is there stays as it is.

    Raises:
        OSError: the Hub cannot be reached, or does not allow it.
        ValueError: `repo` is no name of a repository.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    url = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
    title = "Upload a prepared benchmark"
    api.upload_folder(folder_path=Path(folder), repo_id=url.repo_id, repo_type="dataset", commit_message=title)
    return str(url)
