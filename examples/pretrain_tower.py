"""Pretrains a small vision tower on the shapes benchmark, as SAM's is before RefSAM is built on it.

    accelerate launch examples/pretrain_tower.py examples/configs/refsam_tiny_shapes_tower.yaml [--name value ...]

Written to `output_dir`: `log.jsonl`, and `last/`, a RefSAM whose tower knows looks and places and whose words know
what they look like; nothing else has learned. It is for `examples/train.py ... --model OUTPUT/last`.
"""

import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from accelerate.utils import set_seed  # type: ignore[import-untyped]
from torch.utils.data import DataLoader
from tqdm.auto import tqdm
from transformers.utils import logging

from refsam_hf import RefSamModel, RefSamProcessor
from refsam_hf.files.json import json_text
from refsam_hf.training.augmentation import AugmentationConfig
from refsam_hf.training.building import new_model_and_processor
from refsam_hf.training.checkpoints import save_checkpoint
from refsam_hf.training.clips_config import scene_config
from refsam_hf.training.config_reading import describe_options, read_config
from refsam_hf.training.local_attention import start_with_local_attention
from refsam_hf.training.log import TrainingLog
from refsam_hf.training.optimizer import learning_rate_factor
from refsam_hf.training.positions import start_with_positions
from refsam_hf.training.processes import check_processes
from refsam_hf.training.step import TrainingDivergedError
from refsam_hf.training.tower_pretraining import TowerFrames, TowerHeads, WordFeatures
from refsam_hf.training.word_order import start_with_word_order


@dataclass
class TowerPretrainingConfig:
    """A pretraining: of which tower, on what, how, and where it is written."""

    output_dir: str = field(metadata={"help": "folder of the log and the checkpoint"})
    steps: int = field(metadata={"help": "optimizer steps", "min": 1})
    model: str | None = field(
        default=None, metadata={"help": "folder of a RefSAM to go on from; or give model_config"}
    )
    model_config: dict[str, Any] | None = field(
        default=None, metadata={"help": "options of RefSamConfig for a new RefSAM with random weights"}
    )
    batch_size: int = field(default=16, metadata={"help": "frames per step and process", "min": 1})
    frame_sizes: list[list[int]] = field(
        default_factory=lambda: [[128, 128]], metadata={"help": "[height, width] of the drawn frames"}
    )
    scenes: list[dict[str, Any]] = field(
        default_factory=lambda: [{}], metadata={"help": "options of SceneConfig; each frame has one of these"}
    )
    augmentation: AugmentationConfig = field(
        default_factory=AugmentationConfig, metadata={"help": "how frames are changed"}
    )
    seed: int = field(default=0, metadata={"help": "of the weights and the frames", "min": 0})
    learning_rate: float = field(default=2e-3, metadata={"help": "AdamW's", "min": 0.0})
    weight_decay: float = field(default=1e-2, metadata={"help": "AdamW's", "min": 0.0})
    warmup_steps: int = field(default=100, metadata={"help": "steps of linear warm-up", "min": 0})
    final_learning_rate: float = field(
        default=0.05, metadata={"help": "where the cosine ends, as a share", "min": 0.0, "max": 1.0}
    )
    mixed_precision: str = field(default="no", metadata={"help": "of the tower", "choices": ("no", "bf16", "fp16")})
    num_workers: int = field(default=1, metadata={"help": "processes that draw frames", "min": 0})
    num_threads: int | None = field(default=None, metadata={"help": "threads of PyTorch on the CPU", "min": 1})
    log_every: int = field(default=50, metadata={"help": "steps between lines of the log", "min": 1})
    save_every: int = field(default=300, metadata={"help": "steps between checkpoints", "min": 1})

    def __post_init__(self) -> None:
        if (self.model is None) == (self.model_config is None):
            raise ValueError("expected one of model (to go on from) and model_config (a new one), got both or neither")


def start(config: TowerPretrainingConfig) -> tuple[RefSamModel, RefSamProcessor]:
    """The model that is pretrained, and its processor."""
    if config.model is not None:
        model = RefSamModel.from_pretrained(config.model, dtype=torch.float32)
        return model, RefSamProcessor.from_pretrained(config.model)
    model, processor = new_model_and_processor(config.model_config or {})
    start_with_local_attention(model.vision_tower.layers)
    start_with_positions(model, config.seed)
    start_with_word_order(model.text_encoder)
    return model, processor


def check_finite(what: str, number: float) -> None:
    """Raises TrainingDivergedError for NaN and infinity."""
    if not math.isfinite(number):
        raise TrainingDivergedError(f"{what} is {number}. Lower the learning rate; what was saved is from before")


def pretrain(config: TowerPretrainingConfig) -> dict[str, float]:
    """Runs the pretraining; returns the last line of the log.

    Raises:
        TrainingDivergedError: the loss or its gradient is no number; nothing has learned from it.
    """
    if config.num_threads is not None:
        torch.set_num_threads(config.num_threads)
    accelerator = Accelerator(mixed_precision=config.mixed_precision)
    check_processes(accelerator, sharded=False)
    set_seed(config.seed)
    scenes = [scene_config(options, f"scenes.{index}") for index, options in enumerate(config.scenes)]
    model, processor = start(config)
    vision = model.config.vision_config
    words = WordFeatures(model.text_encoder, model.cross_modal_mlp, processor)
    heads = TowerHeads(words, vision.output_channels, vision.hidden_size, vision.patch_size)
    learner = torch.nn.ModuleDict({"tower": model.vision_tower, "heads": heads}).requires_grad_(True)
    optimizer = torch.optim.AdamW(learner.parameters(), weight_decay=config.weight_decay, betas=(0.9, 0.99))
    frames = TowerFrames(
        processor.video_processor,
        vision.patch_size,
        config.steps * config.batch_size * accelerator.num_processes,
        seed=config.seed,
        frame_sizes=[(height, width) for height, width in config.frame_sizes],
        scenes=scenes,
        augmentation=config.augmentation,
    )
    loader = DataLoader(frames, batch_size=config.batch_size, num_workers=config.num_workers)
    tower, heads, optimizer, loader = accelerator.prepare(model.vision_tower, heads, optimizer, loader)

    output = Path(config.output_dir)
    log = TrainingLog(output / "log.jsonl")
    if log.path.exists():
        raise ValueError(f"output_dir: expected a new folder, got {output}, which holds an earlier training")
    output.mkdir(parents=True, exist_ok=True)
    record: dict[str, float] = {}
    progress = tqdm(loader, desc="pretraining", unit="step", disable=not accelerator.is_main_process)
    for step, batch in enumerate(progress, start=1):
        factor = learning_rate_factor(step - 1, config.steps, config.warmup_steps, config.final_learning_rate)
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * factor
        with accelerator.autocast():
            result = tower(batch["pixel_values"])
        loss, right = heads(result, batch)
        check_finite(f"step {step}: the loss", loss.item())
        accelerator.backward(loss)
        norm = accelerator.clip_grad_norm_(learner.parameters(), 1.0)
        if accelerator.scaler is None:  # which skips a step whose gradient overflows in fp16
            check_finite(f"step {step}: the norm of the gradient", norm.item())
        optimizer.step()
        optimizer.zero_grad()
        last = step == config.steps
        if accelerator.is_main_process and (last or step % config.log_every == 0):
            record = {"step": step, "loss": round(loss.item(), 5), **{k: round(v, 4) for k, v in right.items()}}
            log.append(record)
            progress.set_postfix(record)
        if accelerator.is_main_process and (last or step % config.save_every == 0):
            save_checkpoint(output / "last", model, processor)
    return record


def main(arguments: list[str]) -> int:
    """Runs from the command line; gives 2 for a wrong option, 1 for a pretraining that diverged."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        print(describe_options(TowerPretrainingConfig))
        return 0 if arguments else 2
    logging.disable_progress_bar()  # transformers' own, for every checkpoint
    try:
        record = pretrain(read_config(TowerPretrainingConfig, arguments[0], arguments[1:]))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except TrainingDivergedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json_text(record, None), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
