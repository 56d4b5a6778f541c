"""Which frames of a video a training clip is made of."""

import numpy as np
from numpy.typing import NDArray

MAX_DISTANCE = 3
"""A clip has a frame 1 to so many frames before its middle one, and one 1 to so many after (RefSAM's training)."""


def sample_frames(
    video_frames: int, num_frames: int, rng: np.random.Generator, max_distance: int = MAX_DISTANCE
) -> NDArray[np.int64]:
    """A random frame, one shortly before and one shortly after it, and random ones of the rest.

    Where there is nothing before or after, at the ends of a video, a frame of the rest takes the place. Frames repeat
    only where the video has fewer than are asked for; it is then shown whole.

    Args:
        video_frames: how many the video has.
        num_frames: T.
        max_distance: of the frames before and after, from the random one.

    Returns:
        (T,) places in the video, in its order.

    Raises:
        ValueError: the video has no frame.
    """
    if video_frames < 1:
        raise ValueError(f"video_frames: expected at least 1, got {video_frames}")
    middle = int(rng.integers(video_frames))
    before = range(max(0, middle - max_distance), middle)
    after = range(middle + 1, min(video_frames, middle + max_distance + 1))
    near = [int(rng.choice(side)) for side in (before, after) if side]
    rng.shuffle(near)  # where only one of them is wanted, either
    picked = [middle, *near][:num_frames]
    rest = np.setdiff1d(np.arange(video_frames), picked)
    picked += rng.permutation(rest)[: num_frames - len(picked)].tolist()
    picked += rng.integers(video_frames, size=num_frames - len(picked)).tolist()
    return np.sort(np.array(picked, dtype=np.int64))
