"""The clips that a configuration speaks of, drawn from its datasets when they are asked for."""

from typing import Any

from .augmentation import AugmentationConfig
from .clips_config import ClipsConfig
from .mixture import MixedClips
from .row_clips import RowClips
from .shapes_clips import ShapesClips


def drawn_clips(
    options: ClipsConfig,
    processor: Any,
    key: str,
    *,
    seed: int,
    num_clips: int,
    first_index: int = 0,
    forgotten: float = 0.0,
    augmentation: AugmentationConfig,
) -> MixedClips:
    """Clips of all datasets, mixed: an item is a pure function of the arguments and its global index.

    Args:
        options: stand at `key` of the file.
        processor: a `RefSamProcessor`.
        seed: of the clips and their augmentation.
        num_clips: how many there are.
        first_index: the global index of the first of them; it is item 0.
        forgotten: the share of the expressions that are read in the first frames only.
        augmentation: how the clips are changed.
    """
    sources: list[ShapesClips | RowClips] = []
    for number, dataset in enumerate(options.datasets):
        if dataset.is_shapes:
            sources.append(
                ShapesClips(
                    processor,
                    num_clips,
                    first_index=first_index,
                    seed=seed,
                    num_frames=options.num_frames,
                    kinds=options.kinds,
                    about=options.about,
                    min_stride=options.min_stride,
                    max_stride=options.max_stride,
                    max_expressions=options.max_expressions,
                    forgotten=forgotten,
                    frame_sizes=[(height, width) for height, width in options.frame_sizes],
                    scenes=options.scene_configs(key),
                    augmentation=augmentation,
                )
            )
        else:
            sources.append(
                RowClips(
                    processor,
                    dataset.rows,
                    seed=(seed, number),
                    num_frames=options.num_frames,
                    max_distance=options.max_stride,
                    max_expressions=options.max_expressions,
                    forgotten=forgotten,
                    augmentation=augmentation,
                )
            )
    return MixedClips(sources, [dataset.weight for dataset in options.datasets], num_clips, first_index)
