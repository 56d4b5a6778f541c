"""Adapts a checkpoint to a shifted world by adapters, by LoRA and by training all of it, with the same budget each.

    python examples/adapt_shifted_shapes.py --output outputs/shifted

The world is that of the shapes benchmark in larger frames, in other colours, at night and out of focus. Every method
sees the same clips, in a process of its own. Then the old world is looked at again: with `set_adapter("default")` an
adaptation leaves every logit as it was, and training all weights does not.
Written to the folder: `world.png`, a checkpoint of each method, `table.txt` and `table.json`.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from refsam_hf.benchmarks.shapes import Expression, ShapesClip, iterate_shapes
from refsam_hf.benchmarks.shapes.shifts import SHIFTS, shift_frames
from refsam_hf.commands import loading
from refsam_hf.evaluation.by_kind import summarise
from refsam_hf.evaluation.results import segment_clip
from refsam_hf.evaluation.text_table import text_table
from refsam_hf.files.json import json_text
from refsam_hf.files.written_aside import written_aside
from refsam_hf.training.adaptation import AdaptationConfig, adapt
from refsam_hf.training.checkpoints import save_checkpoint
from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.meter import peak_memory
from refsam_hf.training.optimizer import PARTS, learning_rate_factor, parameter_groups, set_learning_rates
from refsam_hf.training.shapes_clips import ShapesClips
from refsam_hf.video.progress import progress

WORLD = ("palette", "blur", "night")
KINDS = {"appearance": 2.0, "relation": 1.0}
NAME = "shifted"
INPUTS = ("pixel_values", "input_ids", "attention_mask", "labels", "words_seen")
METHODS = ("adapters", "adapters-in-all-blocks", "lora", "full")
COLUMNS = {
    "trained": "trained weights",
    "step_seconds": "CPU seconds a step",
    "memory_mb": "memory of training, MB",
    "shifted": "J&F, shifted",
    "old": "J&F, old world",
    "moved": "largest change of a logit, old world",
}


def clips_of(options: argparse.Namespace, shifted: bool) -> Iterator[tuple[ShapesClip, list[Expression]]]:
    """The clips that are measured, in the one world or the other."""
    size = tuple(options.size) if shifted else (180, 240)
    clips = iterate_shapes("test", num_clips=options.clips, num_frames=6, size=size, kinds=tuple(KINDS))
    for address, clip, expressions in progress(clips, total=options.clips, desc="measuring", unit="clip"):
        frames = shift_frames(clip.frames, WORLD, address.index) if shifted else clip.frames
        yield replace(clip, frames=frames), expressions


@torch.no_grad()
def j_and_f(model: Any, processor: Any, options: argparse.Namespace, shifted: bool) -> float:
    model.eval()
    results = [result for clip in clips_of(options, shifted) for result in segment_clip(model, processor, *clip)]
    return summarise([result.scores for result in results])["all"]["j_and_f"]


@torch.no_grad()
def old_logits(model: Any, processor: Any) -> torch.Tensor:
    """Mask logits (4, E, T, h, w) of the old world, the bits of which are compared."""
    found = []
    for _, clip, expressions in iterate_shapes("val", num_clips=4, num_frames=4, kinds=tuple(KINDS)):
        inputs = processor(video=clip.frames, text=[expression.text for expression in expressions])
        found.append(model.eval()(**{name: inputs[name] for name in INPUTS if name in inputs}).pred_masks[0])
    return torch.stack(found)


def adaptation_of(method: str, model: Any) -> AdaptationConfig:
    """The adapters are where the checkpoint has its own, in the second half of the blocks, or in all of them."""
    if method == "adapters-in-all-blocks":
        return AdaptationConfig("adapters", NAME, layers=list(range(model.config.vision_config.num_hidden_layers)))
    return AdaptationConfig(method, NAME)


def train(model: Any, processor: Any, options: argparse.Namespace) -> dict[str, float]:
    """What every method is given: the same clips, steps and learning rates. Returns what it took."""
    rates = dict.fromkeys(PARTS, options.learning_rate)
    optimizer = torch.optim.AdamW(parameter_groups(model, rates, weight_decay=0.01))
    clips = ShapesClips(
        processor,
        options.steps * options.batch_size,
        num_frames=2,
        kinds=KINDS,
        frame_sizes=[tuple(options.size)],
        shifts=WORLD,
    )
    loader = DataLoader(clips, options.batch_size, collate_fn=ClipCollator(processor.tokenizer.pad_token_id))
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    model.train()
    before, seconds = peak_memory(model.device), 0.0
    for step, batch in enumerate(progress(loader, total=options.steps, desc=options.method, unit="step")):
        set_learning_rates(optimizer, rates, learning_rate_factor(step, options.steps, options.steps // 10, 0.01))
        started = time.process_time()
        model(**{name: batch[name] for name in INPUTS}).loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seconds += time.process_time() - started
    return {
        "trained": sum(parameter.numel() for parameter in trained),
        "step_seconds": seconds / options.steps,
        "memory_mb": 1000 * (peak_memory(model.device) - before),
    }


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One method, or for "none" the checkpoint as it is; the line of the table."""
    model, processor = loading.load(options.model, "cpu")
    line: dict[str, Any] = {}
    if options.method != "none":
        before = old_logits(model, processor)
        adapt(model, adaptation_of(options.method, model))
        line |= train(model, processor, options)
        save_checkpoint(Path(options.output) / options.method, model, processor)
    line["shifted"] = j_and_f(model, processor, options, shifted=True)
    if model.added_adapters():
        model.set_adapter("default")
    line["old"] = j_and_f(model, processor, options, shifted=False)
    if options.method != "none":
        after = old_logits(model, processor)
        line |= {"moved": float((after - before).abs().max()), "bit_for_bit": torch.equal(after, before)}
    return line


def draw_world(path: Path, options: argparse.Namespace) -> None:
    """The first frames of four clips, the old world above the shifted one."""
    from PIL import Image

    clips = iterate_shapes("test", num_clips=4, num_frames=1, size=tuple(options.size), kinds=tuple(KINDS))
    pairs = [(clip.frames[0], shift_frames(clip.frames, WORLD, address.index)[0]) for address, clip, _ in clips]
    rows = [np.concatenate([pair[row] for pair in pairs], axis=1) for row in (0, 1)]
    with written_aside(path) as aside:
        Image.fromarray(np.concatenate(rows)).save(aside, format="PNG")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Adapt a checkpoint to a shifted world in three ways.")
    loading.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=150, help="of each method (default 150)")
    parser.add_argument("--batch-size", type=int, default=4, help="clips of two frames (default 4)")
    parser.add_argument("--learning-rate", type=float, default=5e-4, help="of all parts (default 5e-4)")
    parser.add_argument("--clips", type=int, default=40, help="that are measured, of each world (default 40)")
    parser.add_argument("--size", type=int, nargs=2, default=(240, 320), help="of the shifted frames")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch (default 1)")
    parser.add_argument("--method", choices=("none", *METHODS), help="only this one")
    parser.add_argument("--output", default="outputs/shifted", metavar="FOLDER")
    options = parser.parse_args(arguments)
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if options.method is not None:
        print(json.dumps(run(options)))
        return

    draw_world(folder / "world.png", options)
    lines = {}
    for method in ("none", *METHODS):
        command = [sys.executable, __file__, *(sys.argv[1:] if arguments is None else arguments), "--method", method]
        found = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        lines[method] = json.loads(found.stdout.splitlines()[-1])
    text = text_table(lines, COLUMNS, corner="method")
    print(text)
    with written_aside(folder / "table.txt") as aside:
        aside.write_text(text + "\n", encoding="utf-8")
    with written_aside(folder / "table.json") as aside:
        aside.write_text(json_text({"world": [name for name in SHIFTS if name in WORLD], "methods": lines}))
    print(f"wrote {folder}")


if __name__ == "__main__":
    main()
