"""Which benchmarks a training learns from and is validated on, as a configuration says it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..benchmarks import BENCHMARKS
from ..benchmarks.options import check_options, option_names
from ..benchmarks.registry import benchmark_of

SHAPES, OWN_CLIPS = "shapes", "own_clips"


@dataclass
class RowsConfig:
    """The rows of a benchmark. Of "shapes" only the name is given: other options say what is drawn."""

    name: str = field(metadata={"help": f"of the benchmark: {', '.join(BENCHMARKS)}", "choices": BENCHMARKS})
    root: str | None = field(default=None, metadata={"help": "its folder"})
    split: str | None = field(default=None, metadata={"help": "as the benchmark calls it"})
    frames: str | None = field(
        default=None, metadata={"help": "of own_clips, the frames of every clip, START:STOP such as ':50%' [all]"}
    )
    options: dict[str, Any] = field(default_factory=dict, metadata={"help": "further ones of load_benchmark"})

    @property
    def is_shapes(self) -> bool:
        """Whether it is the procedural benchmark, whose clips are drawn."""
        return self.name == SHAPES

    def check(self, key: str) -> None:
        """That it can be loaded, as far as can be seen without the folder.

        Raises:
            ValueError: if not; `key` is where it stands.
        """
        if self.is_shapes:
            given = [name for name in ("root", "split", "frames", "options") if getattr(self, name)]
            if given:
                raise ValueError(f"{key}: shapes is drawn, expected nothing but its name, got {given[0]} too")
            return
        check_options(f"{key}.options", benchmark_of(self.name).load, self.options)
        if self.root is None:
            raise ValueError(f"{key}.root: expected the folder of {self.name}, got nothing")
        own = self.name == OWN_CLIPS
        needed, needless = ("frames", "split") if own else ("split", "frames")
        if getattr(self, needless) is not None:
            raise ValueError(f"{key}.{needless}: {self.name} has no {needless} to choose, it has {needed}")
        if not own and self.split is None:
            raise ValueError(f"{key}.split: expected a split of {self.name}, got nothing")
        if self.frames is not None:
            from ..benchmarks.own_clips.frame_range import frame_slice

            try:
                frame_slice(self.frames, 1)
            except ValueError as error:
                raise ValueError(f"{key}.{error}") from error

    @cached_property
    def rows(self) -> Any:
        """The rows, a `datasets.Dataset`, loaded when they are first asked for.

        Raises:
            ValueError, OSError: they cannot be loaded, or there are none.
        """
        from ..benchmarks import load_benchmark

        split = self.frames or ":" if self.name == OWN_CLIPS else self.split or ""
        # what is wrong with a folder is to be known before hours are spent; `options: {strict: false}` leaves it out
        strict = {"strict": True} if "strict" in option_names(benchmark_of(self.name).load) else {}
        rows = load_benchmark(self.name, self.root, split, **{**strict, **self.options})
        if not len(rows):
            raise ValueError(f"{self.root}: expected rows of {self.name}, split {split!r}, got none")
        return rows


@dataclass
class DatasetConfig(RowsConfig):
    """Rows to learn from, and how often."""

    weight: float = field(
        default=1.0, metadata={"help": "how often it is drawn from, beside the other datasets", "min": 1e-6}
    )


@dataclass
class ValidationConfig(RowsConfig):
    """Rows to be validated on."""

    videos: int | None = field(default=None, metadata={"help": "only the first so many videos [all]", "min": 1})
