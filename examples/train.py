"""Trains RefSAM on benchmarks and on your own clips.

    accelerate launch examples/train.py examples/configs/refsam_tiny_shapes.yaml [--name value ...]

`--name value` overrides any option of the file, also inside of others: `--learning_rates.mask_decoder 1e-5`,
`--stages.0.steps 100`. `--help` lists them all. Written to `output_dir`: `log.jsonl`, `last/` and `best/` (checkpoints
for `RefSamModel.from_pretrained`, of the averaged weights), `config.json`, `curves.png`.
To go on from a checkpoint: `--model OUTPUT/last --model_config null --output_dir ANOTHER`.
"""

import contextlib
import dataclasses
import json
import resource
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from accelerate.utils import DistributedDataParallelKwargs, set_seed  # type: ignore[import-untyped]
from tqdm.auto import tqdm
from transformers.utils import logging

from refsam_hf.training.averaging import WeightAverage
from refsam_hf.training.batches import training_steps
from refsam_hf.training.building import load_for_training
from refsam_hf.training.checkpoints import save_checkpoint
from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import describe_options, read_config
from refsam_hf.training.lessons import Lessons
from refsam_hf.training.optimizer import learning_rate_factor, parameter_groups, set_learning_rates
from refsam_hf.training.plots import plot_curves
from refsam_hf.training.stages import stage_clips, with_steps
from refsam_hf.training.step import TrainingDivergedError, take_step
from refsam_hf.training.validation import batch_jaccard, flat, validate
from refsam_hf.training.validation_clips import validation_clips


def train(config: TrainingConfig) -> dict[str, float]:
    """Runs the training; returns the scores of the last validation."""
    if config.num_threads is not None:
        torch.set_num_threads(config.num_threads)
    accelerator = Accelerator(
        mixed_precision=config.mixed_precision,
        gradient_accumulation_steps=config.gradient_accumulation_steps,
        # SAM's scale mask tokens have heads that RefSAM does not use: not every parameter gets a gradient
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    main = accelerator.is_main_process
    config = with_steps(config, accelerator.num_processes)
    set_seed(config.seed)
    for _ in validation_clips(config):  # frames too few or too small for some kind are an error now, not steps later
        pass
    model, processor = load_for_training(config)
    groups = parameter_groups(model, config.learning_rates, config.weight_decay)
    optimizer = torch.optim.AdamW(groups, betas=(0.9, config.adam_beta2))
    average = WeightAverage(model, config.ema_decay)
    bare_model, lessons = model, Lessons(model)
    heads = [parameter for name, parameter in lessons.named_parameters() if not name.startswith("model.")]
    optimizer.add_param_group({"part": "implicit_tracking", "params": heads})
    model, optimizer = accelerator.prepare(lessons, optimizer)
    model.train()

    output = Path(config.output_dir)
    log = start_log(output, config) if main else None
    best, scores = -1.0, {}
    meter = Meter()
    progress = tqdm(total=config.total_steps, desc="training", unit="step", disable=not main)
    steps = training_steps(
        config,
        partial(stage_clips, config, processor),
        ClipCollator(processor.tokenizer.pad_token_id),
        rank=accelerator.process_index,
        world_size=accelerator.num_processes,
        pin_memory=accelerator.device.type == "cuda",
    )
    for taken in steps:
        stage = taken.stage
        meter.got_batch(sum(map(len, taken.indices)) * accelerator.num_processes)
        factor = learning_rate_factor(
            taken.position.step, config.total_steps, config.warmup_steps, config.final_learning_rate
        )
        set_learning_rates(optimizer, config.learning_rates, factor * stage.learning_rate_scale)
        lessons.flow_weight, lessons.memory_weight = stage.flow_weight, stage.memory_weight
        lessons.mentions_weight, lessons.places_weight = stage.mentions_weight, stage.places_weight
        try:
            result = take_step(accelerator, model, optimizer, taken.batches, config.max_grad_norm)
        except TrainingDivergedError as error:
            clips = taken.describe(processor.tokenizer, error.batch)
            advice = "Lower the learning rates, or train in float32; what was saved is from before"
            raise TrainingDivergedError(f"step {taken.after.step}: {error} ({clips}). {advice}") from error
        step = taken.after.step
        average.update()
        progress.update()
        last = step == config.total_steps
        if last or step % config.log_every == 0:
            loss = accelerator.reduce(result.loss, reduction="sum").item()
            record = {"step": step, "loss": loss, "train_j": batch_jaccard(result.pred_masks, result.labels)}
            record["learning_rate"] = max(group["lr"] for group in optimizer.param_groups)
            record |= {"grad_norm": result.grad_norm, **meter.read(), "memory_gb": peak_memory(accelerator.device)}
            record |= {f"{name}_loss": value for name, value in lessons.losses.items()}
            progress.set_postfix(loss=f"{loss:.3f}")
            if log is not None:
                append(log, record)
        if last or step % config.val_every == 0:
            with average.applied(), meter.paused():
                if log is not None:
                    save_checkpoint(output / "last", bare_model, processor)
                    with accelerator.autocast():
                        scores = flat(validate(bare_model, processor, validation_clips(config)))
                    append(log, {"step": step, **{f"val_{name}": value for name, value in scores.items()}})
                    if scores["j_and_f"] > best:
                        best = scores["j_and_f"]
                        save_checkpoint(output / "best", bare_model, processor)
                accelerator.wait_for_everyone()
        if last:
            break
        meter.wait_for_batch()
    progress.close()
    if log is not None:
        plot_curves(log, output / "curves.png")
    accelerator.end_training()
    return scores


class Meter:
    """How fast the training goes, and how much of the time it waits for clips."""

    def __init__(self) -> None:
        self._start = self._waiting_since = time.perf_counter()
        self._waited, self._clips = 0.0, 0

    def wait_for_batch(self) -> None:
        self._waiting_since = time.perf_counter()

    def got_batch(self, clips: int) -> None:
        self._waited += time.perf_counter() - self._waiting_since
        self._clips += clips

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Time that does not count, as for a validation."""
        paused_at = time.perf_counter()
        yield
        self._start += time.perf_counter() - paused_at

    def read(self) -> dict[str, float]:
        """The numbers since the last reading."""
        now = time.perf_counter()
        elapsed = now - self._start
        numbers = {"clips_per_second": self._clips / elapsed, "data_share": self._waited / elapsed}
        self._start, self._waited, self._clips = now, 0.0, 0
        return numbers


def start_log(output: Path, config: TrainingConfig) -> Path:
    """Makes the output folder; an earlier training in it is never overwritten."""
    log = output / "log.jsonl"
    if log.exists():
        raise ValueError(f"output_dir: expected a new folder, got {output}, which holds an earlier training")
    output.mkdir(parents=True, exist_ok=True)
    (output / "config.json").write_text(json.dumps(dataclasses.asdict(config), indent=2) + "\n", encoding="utf-8")
    log.touch()
    return log


def append(log: Path, record: dict[str, Any]) -> None:
    """One more line in the log, and on the screen."""
    line = json.dumps({name: float(f"{x:.5g}") if isinstance(x, float) else x for name, x in record.items()})
    with open(log, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    tqdm.write(line)


def peak_memory(device: torch.device) -> float:
    """The most memory used so far, in GB: of the GPU, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main(arguments: list[str]) -> int:
    """Runs from the command line; gives 2 for a wrong option, 1 for a training that diverged."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        print(describe_options(TrainingConfig))
        return 0 if arguments else 2
    logging.disable_progress_bar()  # transformers' own, for every checkpoint
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
    sys.exit(main(sys.argv[1:]))
