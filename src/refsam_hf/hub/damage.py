"""A damaged checkpoint file is bad input like any other."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike

from safetensors import SafetensorError


@contextmanager
def whole_files(checkpoint: str | PathLike[str]) -> Iterator[None]:
    """Makes safetensors' own error, which is no ValueError and names no file, one that says which checkpoint it is."""
    try:
        yield
    except SafetensorError as error:
        raise ValueError(
            f"{checkpoint}: expected whole safetensors files, got one that is damaged ({error})"
        ) from error
