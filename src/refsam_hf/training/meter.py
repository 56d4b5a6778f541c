"""How fast a training goes, and what it takes."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Meter:
    """Clips per second, the share of the time that was spent waiting for clips, and memory."""

    def __init__(self) -> None:
        self._start = self._waiting_since = time.perf_counter()
        self._waited, self._clips = 0.0, 0

    def wait_for_batch(self) -> None:
        """From here on, clips are waited for."""
        self._waiting_since = time.perf_counter()

    def got_batch(self, clips: int) -> None:
        """So many have come."""
        self._waited += time.perf_counter() - self._waiting_since
        self._clips += clips

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Time that does not count, as for a validation."""
        paused_at = time.perf_counter()
        yield
        self._start += time.perf_counter() - paused_at

    def read(self, device: torch.device) -> dict[str, float]:
        """`clips_per_second` and `data_share` since the last reading, `memory_gb` of the device at most so far."""
        now = time.perf_counter()
        elapsed = now - self._start
        numbers = {"clips_per_second": self._clips / elapsed, "data_share": self._waited / elapsed}
        self._start, self._waited, self._clips = now, 0.0, 0
        return numbers | {"memory_gb": peak_memory(device)}


def peak_memory(device: torch.device) -> float:
    """The most memory used so far, in GB: of the GPU, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    if sys.platform == "win32":
        import psutil  # of accelerate

        return psutil.Process().memory_info().peak_wset / 1e9
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
