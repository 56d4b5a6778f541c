"""A progress bar for what takes long."""

from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")

DELAY = 1.5  # seconds: what is over sooner needs no bar


def progress(
    items: Iterable[Item],
    *,
    total: int | None = None,
    desc: str | None = None,
    unit: str = "frame",
    enabled: bool = True,
) -> Iterable[Item]:
    """The same items, with a bar on stderr from the moment on that they have taken longer than `DELAY`.

    Only a terminal shows it; a log file would be filled with it.

    Args:
        items: anything to iterate over.
        total: how many there are about, if known. Only shown; more or fewer do no harm.
        desc: what is done, in front of the bar.
        unit: what one item is called.
    """
    from tqdm import tqdm

    return tqdm(items, total=total, desc=desc, delay=DELAY, disable=None if enabled else True, unit=unit)
