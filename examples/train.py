"""Trains RefSAM on the procedural benchmark "shapes".

    accelerate launch examples/train.py examples/configs/refsam_tiny_shapes.yaml [--name value ...]

`--name value` overrides any option of the file, also inside of others: `--learning_rates.mask_decoder 1e-5`,
`--stages.0.steps 100`. `--help` lists them all. Written to `output_dir`: `log.jsonl`, `last/` and `best/` (checkpoints
for `RefSamModel.from_pretrained`, of the averaged weights), `config.json`, `curves.png`.
To go on from a checkpoint: `--model OUTPUT/last --model_config null`.
"""

import dataclasses
import itertools
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, set_seed
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from refsam_hf import RefSamConfig, RefSamModel, RefSamProcessor
from refsam_hf.benchmarks.shapes import generate_clip
from refsam_hf.training.averaging import WeightAverage
from refsam_hf.training.checkpoints import save_checkpoint
from refsam_hf.training.clips import ClipCollator, ShapesClips
from refsam_hf.training.config import StageConfig, TrainingConfig, scene_config
from refsam_hf.training.config_reading import describe_options, read_config
from refsam_hf.training.optimizer import learning_rate_factor, parameter_groups, set_learning_rates, train_parts
from refsam_hf.training.plots import plot_curves
from refsam_hf.training.validation import batch_jaccard, validate


class TrainingDivergedError(RuntimeError):
    """The loss or its gradient is no longer a number."""


def load(config: TrainingConfig) -> tuple[RefSamModel, RefSamProcessor]:
    """The model to train, from a checkpoint or from nothing, and its processor."""
    processor = RefSamProcessor.from_pretrained(config.processor or config.model)
    if config.model is not None:
        model = RefSamModel.from_pretrained(config.model)
    else:
        model = RefSamModel(RefSamConfig(**config.model_config))
    train_parts(model, config.train)
    return model, processor


def batches(
    config: TrainingConfig, processor: RefSamProcessor, accelerator: Accelerator
) -> Iterator[tuple[StageConfig, dict[str, Tensor]]]:
    """The batches of all stages, one after the other; no clip comes twice."""
    first_index = 0
    for position, stage in enumerate(config.stages):
        per_step = stage.batch_size * config.gradient_accumulation_steps * accelerator.num_processes
        clips = ShapesClips(
            processor,
            stage.steps * per_step,
            first_index=first_index,
            seed=config.seed,
            num_frames=stage.num_frames,
            max_expressions=stage.max_expressions,
            frame_sizes=[(height, width) for height, width in stage.frame_sizes],
            scene=scene_config(stage.scene, f"stages.{position}.scene"),
            augmentation=config.augmentation,
        )
        loader = DataLoader(
            clips,
            batch_size=stage.batch_size,
            num_workers=config.num_workers,
            collate_fn=ClipCollator(processor.tokenizer.pad_token_id),
            pin_memory=accelerator.device.type == "cuda",
        )
        for batch in accelerator.prepare(loader):
            yield stage, batch
        first_index += len(clips)


def validation_clips(config: TrainingConfig) -> Iterator[Any]:
    """The clips of the split `val`; drawn anew each time, which is cheaper than to keep them."""
    scene = scene_config(config.val_scene, "val_scene")
    sizes = itertools.cycle(config.val_frame_sizes)
    for index, (height, width) in zip(range(config.val_clips), sizes, strict=False):
        yield generate_clip("val", index, num_frames=config.val_frames, size=(height, width), config=scene)


def train(config: TrainingConfig) -> dict[str, float]:
    """Runs the training; returns the last validation's scores."""
    if config.num_threads is not None:
        torch.set_num_threads(config.num_threads)
    accelerator = Accelerator(
        mixed_precision=config.mixed_precision,
        gradient_accumulation_steps=config.gradient_accumulation_steps,
        # SAM's scale mask tokens have heads that RefSAM does not use, so not every parameter gets a gradient
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    set_seed(config.seed)
    for position, stage in enumerate(config.stages):  # before anything is written
        scene_config(stage.scene, f"stages.{position}.scene")
    model, processor = load(config)
    groups = parameter_groups(model, config.learning_rates, config.weight_decay)
    optimizer = torch.optim.AdamW(groups, betas=(0.9, config.adam_beta2))

    output = Path(config.output_dir)
    if accelerator.is_main_process:
        output.mkdir(parents=True, exist_ok=True)
        (output / "config.json").write_text(json.dumps(dataclasses.asdict(config), indent=2) + "\n", encoding="utf-8")
    model, optimizer = accelerator.prepare(model, optimizer)
    average = WeightAverage(accelerator.unwrap_model(model), config.ema_decay)
    model.train()

    steps = config.total_steps
    log = Log(output / "log.jsonl", enabled=accelerator.is_main_process)
    progress = tqdm(total=steps, desc="training", unit="step", disable=not accelerator.is_main_process)
    best, scores, step, clips = -1.0, {}, 0, 0
    last_logged = waited_since = time.perf_counter()
    waited = 0.0
    for stage, batch in batches(config, processor, accelerator):
        waited += time.perf_counter() - waited_since
        factor = learning_rate_factor(step, steps, config.warmup_steps, config.final_learning_rate)
        set_learning_rates(optimizer, config.learning_rates, factor * stage.learning_rate_scale)
        with accelerator.accumulate(model):
            result = model(**batch)
            check_finite("loss", result.loss, step)
            accelerator.backward(result.loss)
            if accelerator.sync_gradients:
                norm = accelerator.clip_grad_norm_(model.parameters(), config.max_grad_norm)
                if config.mixed_precision != "fp16":  # there, the scaler skips a step whose gradient overflows
                    check_finite("gradient", norm, step)
            optimizer.step()
            optimizer.zero_grad()
        clips += len(batch["labels"]) * accelerator.num_processes
        if accelerator.sync_gradients:
            step += 1
            average.update()
            progress.update()
            if step % config.log_every == 0 or step == steps:
                now = time.perf_counter()
                record = {
                    "step": step,
                    "loss": round(accelerator.reduce(result.loss.detach(), reduction="mean").item(), 5),
                    "train_j": round(batch_jaccard(result.pred_masks, batch["labels"]), 4),
                    "learning_rate": max(group["lr"] for group in optimizer.param_groups),
                    "grad_norm": round(float(norm), 4),
                    "clips_per_second": round(clips / (now - last_logged), 2),
                    "data_share": round(waited / (now - last_logged), 3),
                    "memory_gb": round(peak_memory(accelerator.device), 2),
                }
                log.write(record)
                progress.set_postfix(loss=record["loss"], J=record["train_j"])
                last_logged, clips, waited = now, 0, 0.0
            if step % config.val_every == 0 or step == steps:
                started = time.perf_counter()
                with average.applied():
                    bare = accelerator.unwrap_model(model)
                    if accelerator.is_main_process:
                        with accelerator.autocast():
                            scores = validate(bare, processor, validation_clips(config))
                        log.write({"step": step, **{f"val_{name}": round(value, 4) for name, value in scores.items()}})
                        save_checkpoint(output / "last", bare, processor)
                        if scores["j_and_f"] > best:
                            best = scores["j_and_f"]
                            save_checkpoint(output / "best", bare, processor)
                accelerator.wait_for_everyone()
                last_logged += time.perf_counter() - started  # the rate is that of the training alone
            if step == steps:
                break
        waited_since = time.perf_counter()
    progress.close()
    if accelerator.is_main_process:
        plot_curves(output / "log.jsonl", output / "curves.png")
    accelerator.end_training()
    return scores


class Log:
    """`log.jsonl`, one record per line, also printed; a new training starts a new file."""

    def __init__(self, path: Path, enabled: bool) -> None:
        self.path = path
        self.enabled = enabled
        if enabled:
            path.write_text("", encoding="utf-8")

    def write(self, record: dict[str, Any]) -> None:
        if self.enabled:
            line = json.dumps(record)
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
            tqdm.write(line)


def check_finite(name: str, value: Tensor, step: int) -> None:
    """Stops before the weights are spoilt."""
    if not torch.isfinite(value):
        raise TrainingDivergedError(
            f"the {name} of step {step} is {value.item()}: lower the learning rates, or train in float32. "
            "The checkpoints written before are good."
        )


def peak_memory(device: torch.device) -> float:
    """The most memory used so far, in GB: of the GPU, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main(arguments: list[str] | None = None) -> int:
    """Runs from the command line; 2 for a wrong option, 1 for a training that failed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or "--help" in arguments or "-h" in arguments:
        print(__doc__)
        print(describe_options(TrainingConfig))
        return 0 if arguments else 2
    try:
        scores = train(read_config(TrainingConfig, arguments[0], arguments[1:]))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except TrainingDivergedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps({name: round(value, 4) for name, value in scores.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
