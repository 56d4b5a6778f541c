"""The kept features that a stage of a training takes its clips from."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from ..mixture import MixedClips
from ..stage_config import StageConfig
from .frame_picks import FramePicks
from .kept_clips import KeptClips
from .kept_set import KeptSet
from .tower import learning_part, tower_sha256


def kept_clips(options: StageConfig, processor: Any, *, seed: int, num_clips: int, first_index: int = 0) -> MixedClips:
    """Clips of all sets of a stage, mixed: an item is a pure function of the arguments and its global index.

    Args:
        processor: a `RefSamProcessor`.
        seed: of their order, and of the frames that are picked.
        num_clips: how many there are.
        first_index: the global index of the first of them; it is item 0.
    """
    sources = []
    for number, folder in enumerate(options.features):
        kept = KeptSet(folder)
        picks = _picks(options, kept)
        sources.append(KeptClips(processor, kept, seed=(seed, number), picks=picks, forgotten=options.forgotten))
    return MixedClips(sources, list(options.features.values()), num_clips, first_index)


def check_features(stages: Sequence[StageConfig], model: Any) -> None:
    """That the features of all stages are of the model that is trained, and of what its stage asks for.

    Args:
        model: a `RefSamModel`, whose parts learn or not as they will.

    Raises:
        ValueError: its tower or adapters learn, features are of another tower, or sets do not fit the stage.
        OSError: a file cannot be read.
    """
    opened, tower = cache(KeptSet), cache(tower_sha256)
    for position, stage in enumerate(stages):
        if not stage.features:
            continue
        key = f"stages.{position}"
        part = learning_part(model)
        if part is not None:
            raise ValueError(
                f"{key}.features: expected a vision tower that is frozen, with its adapters, got {part} that learns"
            )
        sets = [opened(folder) for folder in stage.features]
        for kept in sets:
            if kept.facts["tower"] != tower(model):
                raise ValueError(
                    f"{key}.features: expected those of the model's vision tower, got {kept.folder}, which another "
                    "tower has made"
                )
            if kept.facts["every"] != sets[0].facts["every"]:
                raise ValueError(
                    f"{key}.features: expected sets that can be mixed, got {sets[0].folder} with every "
                    f"{sets[0].facts['every']} and {kept.folder} with every {kept.facts['every']}"
                )
            if not kept.facts["objects"]:
                stage.check_no_lessons(key, f"the features {kept.folder}")
            try:
                _picks(stage, kept)
            except ValueError as error:
                raise ValueError(f"{key}.{error} in {kept.folder}") from error


def _picks(options: StageConfig, kept: KeptSet) -> FramePicks:
    return FramePicks(
        kept.facts["num_frames"], options.num_frames, options.min_stride, options.max_stride, options.first_frame
    )
