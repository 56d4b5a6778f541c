"""Pickles that hold nothing but plain values, as the refs of RefCOCO do: no code of theirs is ever run."""

import pickle
from pathlib import Path
from typing import Any

from ..problems import BenchmarkError


class _PlainUnpickler(pickle.Unpickler):
    """Makes lists, tuples, dicts, sets, texts and numbers. Whatever else a pickle makes, it has to name first."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        raise pickle.UnpicklingError(f"it asks for {module_name}.{global_name}")

    def persistent_load(self, pid: Any, /) -> Any:
        raise pickle.UnpicklingError("it asks for something that is stored elsewhere")


def read_plain_pickle(path: Path) -> Any:
    """The content of a pickle; texts of Python 2 are read as UTF-8.

    Raises:
        BenchmarkError: it is damaged, or asks for anything but plain containers, texts and numbers.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            return _PlainUnpickler(file, encoding="utf-8", errors="replace").load()
        except OSError:
            raise
        except Exception as error:  # an unpickler that reads nonsense may fail in any way there is
            raise BenchmarkError(
                f"{path}: expected a pickle of plain lists, dicts, texts and numbers, got one that is damaged or "
                f"holds more: {type(error).__name__}: {error}"
            ) from error
