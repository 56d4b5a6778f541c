"""The log of a training: one JSON object a line."""

import os
from pathlib import Path
from typing import Any

from ..files.json import json_text
from ..files.on_disk import flush


class TrainingLog:
    """`log.jsonl`.

    Args:
        path: of the file; made with the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, record: dict[str, Any]) -> str:
        """Writes one more line, and gives it without its end.

        Numbers are rounded to 9 digits, by which float32 can be told apart; of those that there are not, NaN and
        infinity, JSON knows none, and they become null.
        """
        rounded = {name: float(f"{x:.9g}") if isinstance(x, float) else x for name, x in record.items()}
        line = json_text(rounded, None)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(line)
        return line.rstrip("\n")

    def size(self) -> int:
        """Its length in bytes, all of which are on the disk."""
        if not self.path.exists():
            return 0
        flush(self.path)
        return self.path.stat().st_size

    def cut(self, size: int) -> None:
        """Takes away what was written after the log had this size."""
        if self.path.exists() and self.path.stat().st_size > size:
            os.truncate(self.path, size)
