"""Errors of other libraries, which seldom say which input they are about."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Puts before an error's text which input it is about, and what was expected there.

    Raises:
        ValueError, OSError: what was raised within, with `what` before its text.
    """
    try:
        yield
    except OSError as error:
        kind = type(error) if type(error).__module__ == "builtins" else OSError  # others may take more than a text
        raise kind(f"{what}: {error.strerror or error}") from error
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error
