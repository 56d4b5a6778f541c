"""Which frames of a kept clip a training clip is made of."""

import numpy as np
from numpy.typing import NDArray


class FramePicks:
    """All picks of so many of a clip's frames, in their order, with gaps within bounds; each as likely as any other.

    Args:
        kept: how many frames there are.
        count: how many are picked.
        least, most: frames from one picked to the next; from 1 on.
        from_first: every pick begins with the first frame.

    Raises:
        ValueError: there is no such pick.
    """

    def __init__(self, kept: int, count: int, least: int = 1, most: int = 1, from_first: bool = True) -> None:
        self._least, self._most, self._from_first = least, most, from_first
        places = range(kept)
        # of each frame, in how many ways the last 1, 2, ... frames of a pick can begin with it
        ways = [[1] * kept]
        for _ in range(count - 1):
            ways.append([sum(ways[-1][place + least : place + most + 1]) for place in places])
        self._ways = [np.array(of_rest, dtype=float) for of_rest in reversed(ways)]
        if not self._starts().any():
            raise ValueError(
                f"num_frames: expected {count} of {kept} kept frames, {least} to {most} (min_stride and max_stride) "
                "from one to the next, to be there, got too few"
            )

    def draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """The places of one pick."""
        picked: list[int] = []
        chances = self._starts()
        for step, ways in enumerate(self._ways):
            if step:
                near = np.arange(len(ways)) - picked[-1]
                chances = ways * ((near >= self._least) & (near <= self._most))
            picked.append(int(rng.choice(len(chances), p=chances / chances.sum())))
        return np.array(picked, dtype=np.int64)

    def _starts(self) -> NDArray[np.float64]:
        starts = self._ways[0].copy()
        if self._from_first:
            starts[1:] = 0
        return starts
