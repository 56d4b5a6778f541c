"""What the runs are trained and tested on: sets of clips that are the same for all of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from refsam_hf.benchmarks.shapes import SceneConfig, iterate_shapes
from refsam_hf.benchmarks.shapes.shifts import shift_frames
from refsam_hf.training.shapes_clips import ShapesClips
from refsam_hf.training.validation_clips import ValidationClip
from refsam_hf.video.progress import progress

from .plan import CLIPS, SHIFTED, STILLS


@dataclass(frozen=True)
class Sort:
    """One sort of clips.

    Attributes:
        kinds: of expressions, with how often each is trained; all of them are tested, in the benchmark's mix.
        trained: frames of a training clip.
        tested: frames of a test clip.
        size: (height, width) of the frames.
        shifts: that the frames undergo.
    """

    kinds: dict[str, float]
    trained: int = 1
    tested: int = 1
    size: tuple[int, int] = (180, 240)
    shifts: tuple[str, ...] = ()


LOOKS = {"appearance": 2.0, "relation": 1.0}
SORTS = {
    STILLS: Sort(LOOKS),
    CLIPS: Sort({**LOOKS, "motion": 2.0, "reappearance": 2.0}, trained=4, tested=10),
    SHIFTED: Sort(LOOKS, size=(240, 320), shifts=("palette", "blur", "night")),
}
MAX_EXPRESSIONS = 3
SCENE = SceneConfig(num_objects=(3, 4), radius=(0.1, 0.22))  # large and few: small budgets see little of small objects


class Frames:
    """Draws the sets when they are first asked for, and keeps them.

    Args:
        processor: a `RefSamProcessor`.
        trained, tested: how many frames, or clips of one frame, there are to train on, and clips to test on.
    """

    def __init__(self, processor: Any, trained: int, tested: int) -> None:
        self.processor = processor
        self.count_trained, self.count_tested = trained, tested
        self._kept: dict[Any, list[Any]] = {}

    def trained(self, sort: str, forgotten: float) -> list[dict[str, Tensor]]:
        """The training clips of a sort, as `ShapesClips` gives them: longer ones, but fewer, where they have several
        frames."""
        of = SORTS[sort]
        clips = ShapesClips(
            self.processor,
            max(1, self.count_trained // of.trained),
            num_frames=of.trained,
            kinds=of.kinds,
            max_expressions=MAX_EXPRESSIONS,
            forgotten=forgotten,
            frame_sizes=[of.size],
            scenes=[SCENE],
            shifts=of.shifts,
        )
        indices = progress(range(len(clips)), total=len(clips), desc=f"drawing {sort}", unit="clip")
        return self._drawn((sort, forgotten), lambda: [clips[index] for index in indices])

    def tested(self, sort: str) -> list[ValidationClip]:
        """The test clips of a sort, each with the two expressions of it that count; half as many if they have several
        frames."""
        of = SORTS[sort]
        count = max(1, self.count_tested // 2) if of.tested > 1 else self.count_tested

        def draw() -> list[ValidationClip]:
            clips = iterate_shapes(
                "test",
                num_clips=count,
                num_frames=of.tested,
                size=of.size,
                kinds=tuple(of.kinds),
                config=SCENE,
            )
            return [
                (replace(clip, frames=shift_frames(clip.frames, of.shifts, address.index)), expressions)
                for address, clip, expressions in progress(clips, total=count, desc=f"drawing {sort}")
            ]

        return self._drawn(sort, draw)

    def _drawn(self, key: Any, draw: Callable[[], list[Any]]) -> list[Any]:
        if key not in self._kept:
            self._kept[key] = draw()
        return self._kept[key]
