"""A benchmark as Parquet files, read by `load_benchmark` and by `datasets.load_dataset`, and pushed to the Hub."""

from .names import LOCAL_COLUMNS
from .prepare import Prepared, prepare, push

__all__ = ["LOCAL_COLUMNS", "Prepared", "prepare", "push"]
