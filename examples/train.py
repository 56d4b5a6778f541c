"""Trains RefSAM on benchmarks and on your own clips.

    accelerate launch examples/train.py examples/configs/refsam_tiny_shapes.yaml [--name value ...]

`--name value` overrides any option of the file, also inside of others: `--learning_rates.mask_decoder 1e-5`,
`--stages.0.steps 100`. `--help` lists them all. Written to `output_dir`: `log.jsonl`, `last/` and `best/` (checkpoints
for `RefSamModel.from_pretrained`, of the averaged weights), `checkpoints/`, `config.json`, `curves.png`.
A training that was stopped goes on with `--resume true`, with the same losses bit for bit. A new one, from what it has
learned: `--model OUTPUT/last --model_config null --output_dir ANOTHER`. With `--push_to_hub me/refsam`, `best/` goes
to the Hub at the end, with its model card.
"""

import os
import sys
from functools import partial

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from accelerate.utils import DistributedDataParallelKwargs, set_seed  # type: ignore[import-untyped]
from tqdm.auto import tqdm
from transformers.utils import logging

from refsam_hf.files.json import json_text
from refsam_hf.training.activation_checkpointing import checkpoint_activations
from refsam_hf.training.averaging import WeightAverage
from refsam_hf.training.batches import total_steps, training_steps
from refsam_hf.training.building import load_for_training
from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import describe_options, read_config
from refsam_hf.training.lessons import Lessons
from refsam_hf.training.meter import Meter
from refsam_hf.training.optimizer import learning_rate_factor, lesson_groups, parameter_groups, set_learning_rates
from refsam_hf.training.plots import plot_curves
from refsam_hf.training.process_group import end_process_group
from refsam_hf.training.processes import check_processes, on_main
from refsam_hf.training.pushing import check_push, push_trained
from refsam_hf.training.run import TrainingRun
from refsam_hf.training.run_state import RunState
from refsam_hf.training.sharding import plan_sharding
from refsam_hf.training.stages import is_validated, stage_clips, with_steps
from refsam_hf.training.step import TrainingDivergedError, take_step
from refsam_hf.training.text_cache import cache_frozen_text
from refsam_hf.training.trackers import check_trackers
from refsam_hf.training.validation import batch_jaccard, flat, validate
from refsam_hf.training.validation_clips import validation_clips


def train(config: TrainingConfig) -> dict[str, float]:
    """Runs the training; returns the scores of the last validation."""
    if config.num_threads is not None:
        torch.set_num_threads(config.num_threads)
    check_trackers(config.report_to)
    accelerator = Accelerator(
        mixed_precision=config.mixed_precision,
        log_with=config.report_to or None,
        project_dir=config.output_dir,
        gradient_accumulation_steps=config.gradient_accumulation_steps,
        # SAM's scale mask tokens have heads that RefSAM does not use: not every parameter gets a gradient
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    check_processes(accelerator)
    config = with_steps(config, accelerator.num_processes)
    set_seed(config.seed)
    for _ in validation_clips(config):  # frames too few or too small for some kind are an error now, not steps later
        pass
    model, processor = load_for_training(config)
    on_main(accelerator, lambda: check_push(config, model))
    if config.gradient_checkpointing:
        checkpoint_activations(model)
    text_cache = cache_frozen_text(model, config.text_cache_mb * 2**20)
    whole = plan_sharding(accelerator, model, whole_text=text_cache is not None)
    lessons = Lessons(model)
    groups = parameter_groups(model, config.learning_rates, config.weight_decay)
    groups += lesson_groups(lessons, config.weight_decay)
    optimizer = torch.optim.AdamW(groups, betas=(0.9, config.adam_beta2))
    learner, prepared_optimizer = accelerator.prepare(lessons, optimizer)
    average = WeightAverage(model, config.ema_decay, whole)
    learner.train()
    set_seed(config.seed, device_specific=True)

    run = TrainingRun(config, accelerator, RunState(lessons, average, optimizer))
    progress = run.start()
    total = total_steps(config, progress.position)
    steps = training_steps(
        config,
        partial(stage_clips, config, processor),
        ClipCollator(processor.tokenizer.pad_token_id),
        start=progress.position,
        rank=accelerator.process_index,
        world_size=accelerator.num_processes,
        pin_memory=accelerator.device.type == "cuda",
    )
    main, step, meter = accelerator.is_main_process, progress.position.step, Meter()
    bar = tqdm(total=total, initial=step, desc="training", unit="step", disable=not main)
    while step < total:
        meter.wait_for_batch()
        taken = next(steps)
        meter.got_batch(sum(map(len, taken.indices)) * accelerator.num_processes)
        stage = taken.stage
        factor = learning_rate_factor(step, total, config.warmup_steps, config.final_learning_rate)
        set_learning_rates(optimizer, config.learning_rates, factor * stage.learning_rate_scale)
        lessons.weigh(stage)
        try:
            result = take_step(accelerator, learner, prepared_optimizer, taken.batches, config.max_grad_norm)
        except TrainingDivergedError as error:
            bar.close()
            clips = taken.describe(error.batch)
            advice = "Lower the learning rates, or train in float32; what was saved is from before"
            raise TrainingDivergedError(f"step {step + 1}: {error} ({clips}). {advice}") from error
        progress.position = taken.after
        step = taken.after.step
        average.update()
        bar.update()

        last = step == total
        if last or step % config.log_every == 0:
            loss = accelerator.reduce(result.loss, reduction="sum").item()
            record = {"step": step, "loss": loss, "train_j": batch_jaccard(result.pred_masks, result.labels)}
            record["learning_rate"] = max(group["lr"] for group in optimizer.param_groups)
            speed = meter.read(accelerator.device)
            record |= {"grad_norm": result.grad_norm, **speed}
            record |= {f"{name}_loss": value for name, value in lessons.losses.items()}
            bar.set_postfix_str(
                f"loss {loss:.3f}, {speed['clips_per_second']:.1f} clips/s, {speed['memory_gb']:.1f} GB"
            )
            run.write(record)
        validates = last or is_validated(config, taken.position)
        if validates:
            with average.applied() as averaged, accelerator.autocast(), meter.paused():
                progress.scores = flat(validate(averaged, processor, validation_clips(config), accelerator))
                run.write({"step": step, **{f"val_{name}": value for name, value in progress.scores.items()}})
                run.save_model("last", averaged, processor)
                if progress.scores["j_and_f"] > progress.best:
                    progress.best = progress.scores["j_and_f"]
                    run.save_model("best", averaged, processor)
        if validates or (config.save_every is not None and step % config.save_every == 0):
            with meter.paused():
                run.save(progress)
    bar.close()
    if main:
        try:
            plot_curves(run.log.path, run.output / "curves.png")
        except ImportError:  # what was learned is worth more than a picture of it
            tqdm.write("no curves.png: it needs matplotlib, pip install 'refsam_hf[plots]'")
    if config.push_to_hub is not None:
        tqdm.write(on_main(accelerator, lambda: push_trained(config)))
    for tracker in accelerator.trackers:  # Accelerator.end_training would also end the group, too early: see below
        tracker.finish()
    return progress.scores


def main(arguments: list[str]) -> int:
    """Runs from the command line; gives 2 for a wrong option, 1 for a training that diverged."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        print(describe_options(TrainingConfig))
        return 0 if arguments else 2
    logging.disable_progress_bar()  # transformers' own, for every checkpoint
    try:
        scores = train(read_config(TrainingConfig, arguments[0], arguments[1:]))
    except (ValueError, OSError) as error:  # all processes meet the same one
        if os.environ.get("RANK", "0") == "0":
            tqdm.write(f"error: {error}", file=sys.stderr)
        return 2
    except TrainingDivergedError as error:  # of one process, with its own clips
        tqdm.write(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        end_process_group()
    if os.environ.get("RANK", "0") == "0":
        print(json_text({name: round(value, 4) for name, value in scores.items()}, None), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
