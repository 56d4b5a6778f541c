"""A benchmark as Parquet files, to be read by `datasets.load_dataset` and pushed to the Hub."""

from .prepare import Prepared, prepare, push
from .tables import LOCAL_COLUMNS

__all__ = ["LOCAL_COLUMNS", "Prepared", "prepare", "push"]
