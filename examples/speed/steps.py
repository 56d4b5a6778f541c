"""A training step on frames, and on what the frozen tower has made of them."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from refsam_hf import TINY_CHECKPOINT
from refsam_hf.training.building import load_checkpoint
from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.config_reading import from_mapping
from refsam_hf.training.drawing import drawn_clips
from refsam_hf.training.features.config import KeepingConfig
from refsam_hf.training.features.keep_sets import keep_sets
from refsam_hf.training.features.of_stage import kept_clips
from refsam_hf.training.lessons import Lessons
from refsam_hf.training.optimizer import train_parts
from refsam_hf.training.stage_config import StageConfig

from .measuring import medians

CLIPS, FRAMES = 4, 6
PARTS = ("text_encoder", "cross_modal_mlp", "hierarchical_dense_attention", "mask_decoder", "implicit_tracking")
LESSONS = StageConfig(choice_weight=0.3, flow_weight=0.4, origins_weight=0.2, mentions_weight=0.3)


def benchmark_features(rounds: int) -> float:
    """Prints the milliseconds per clip of a step, drawing or reading it included; returns how many times as fast it is
    on features of every second row and column."""
    torch.set_num_threads(1)
    model, processor = load_checkpoint(str(TINY_CHECKPOINT))
    train_parts(model, PARTS)
    clips = {"num_frames": FRAMES, "min_stride": 2, "max_stride": 2, "frame_sizes": [[180, 240]], "max_expressions": 4}
    lessons, collate = Lessons(model), ClipCollator(processor.tokenizer.pad_token_id)
    lessons.weigh(LESSONS)

    def step(source: Any) -> None:
        lessons.train()(**collate([source[index] for index in range(CLIPS)])).loss.backward()
        lessons.zero_grad()

    with TemporaryDirectory() as folder:
        sides: dict[str, Callable[[], None]] = {}
        for every in (1, 2):
            output = Path(folder, str(every))
            options = {"output_dir": str(output), "model": "", "every": every, "num_workers": 0}
            config = from_mapping(KeepingConfig, {**options, "sets": {"all": {"num_clips": CLIPS, **clips}}})
            for _ in keep_sets(config, model.eval(), processor):
                pass
            stage = StageConfig(features={str(output / "all"): 1.0}, num_frames=FRAMES)
            kept = kept_clips(stage, processor, seed=0, num_clips=CLIPS)
            sides[f"features, every {every}"] = lambda kept=kept: step(kept)  # type: ignore[misc]
        drawn = drawn_clips(
            config.sets["all"], processor, "", seed=0, num_clips=CLIPS, augmentation=config.augmentation
        )
        sides["frames"] = lambda: step(drawn)
        taken = {name: milliseconds / CLIPS for name, milliseconds in medians(sides, rounds).items()}
    print(f"a training step of {CLIPS} clips of {FRAMES} frames, one thread, the tower frozen, median of {rounds}:")
    print(f"  frames: {taken['frames']:.0f} ms per clip")
    for name in list(taken)[:2]:
        print(f"  {name}: {taken[name]:.0f} ms, {taken['frames'] / taken[name]:.1f} times as fast")
    return taken["frames"] / taken["features, every 2"]
