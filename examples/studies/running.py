"""One run of a study: a RefSAM is built, trained on the frames that all runs have, and tested."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from refsam_hf import RefSamConfig, RefSamModel, RefSamProcessor
from refsam_hf.files.written_aside import written_aside
from refsam_hf.training.adaptation import AdaptationConfig, adapt
from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.optimizer import PARTS as ALL_PARTS
from refsam_hf.training.optimizer import learning_rate_factor, parameter_groups, set_learning_rates, train_parts
from refsam_hf.training.text_cache import cache_frozen_text
from refsam_hf.training.validation import flat, validate
from refsam_hf.video.progress import progress

from .features import KeptFrames
from .frames import SORTS, Frames
from .plan import CLIPS, PARTS, RATE, RUNS, Run
from .towers import pretrained_tower

INPUTS = ("pixel_values", "input_ids", "attention_mask", "labels", "words_seen")
TEXT_BYTES = 2**28


@dataclass(frozen=True)
class Budget:
    """What every run is given.

    Attributes:
        weights: sha256 of those of the checkpoint.
        steps: of the optimizer.
        batch_size: frames of a step: so many single ones, or clips of several that have as many.
        clips: frames that are trained on.
        test_clips: clips that are tested on.
        tower_steps: of the pretraining of a tower.
    """

    weights: str
    steps: int
    batch_size: int
    clips: int
    test_clips: int
    tower_steps: int


class Bench:
    """Runs one after the other: what a frozen tower has made of a frame once is there for all of them.

    Args:
        checkpoint: of which tower and text encoder are taken, a folder or a Hub name.
        folder: of weights with which later runs start.
    """

    def __init__(self, checkpoint: str, budget: Budget, folder: Path) -> None:
        self.checkpoint, self.budget, self.folder = checkpoint, budget, folder
        self.processor = RefSamProcessor.from_pretrained(checkpoint)
        self.frames = Frames(self.processor, budget.clips, budget.test_clips)
        self.collate = ClipCollator(self.processor.tokenizer.pad_token_id)
        self._bases: dict[str, RefSamModel] = {}

    def run(self, name: str, seed: int) -> dict[str, float]:
        """The numbers of a run: `loss`, the mean of the last tenth of its steps, `trained` weights, CPU `seconds` of
        the training, and the scores of `validation.flat`; of clips also those with the words in the first frame only,
        as `words_first_...`."""
        run = RUNS[name]
        model = self.build(run, seed)
        numbers = self.train(model, run, seed)
        tested = self.frames.tested(run.frames)
        numbers |= flat(validate(model, self.processor, tested))
        if run.frames == CLIPS:
            with words_in_the_first_frame(model):
                scores = flat(validate(model, self.processor, tested))
            numbers |= {f"words_first_{column}": score for column, score in scores.items()}
        if any(other.start == name for other in RUNS.values()):
            own = {key: value for key, value in model.state_dict().items() if key.split(".")[0] in PARTS}
            with written_aside(self.weights(name, seed)) as aside:
                save_file({key: value.contiguous() for key, value in own.items()}, aside)
        return numbers

    def weights(self, name: str, seed: int) -> Path:
        """Where the own parts of a run are."""
        return self.folder / f"{name}-{seed}.safetensors"

    def build(self, run: Run, seed: int) -> RefSamModel:
        """The model of a run before its training: what starts from nothing is drawn from the seed."""
        torch.manual_seed(seed)
        if run.adaptation is not None:
            model: RefSamModel = RefSamModel.from_pretrained(self.checkpoint, attn_implementation="eager")
            adapt(model, AdaptationConfig(run.adaptation))
            return model
        base = self._base(run.tower)
        config = RefSamConfig(**{**base.config.to_dict(), "implicit_tracking": False, **run.model})
        model = RefSamModel._from_config(config, attn_implementation="eager")
        model.vision_tower, model.text_encoder = base.vision_tower, base.text_encoder
        model.shared_image_embedding = base.shared_image_embedding
        train_parts(model, own_parts(model))
        for part in run.pretrained:
            getattr(model, part).load_state_dict(getattr(base, part).state_dict())
        if run.start is not None:
            _load_own_parts(model, load_file(self.weights(run.start, seed)))
        return model

    def train(self, model: RefSamModel, run: Run, seed: int) -> dict[str, float]:
        """Trains the model by the budget, on the clips in an order of the seed's."""
        budget, rates = self.budget, {**dict.fromkeys(ALL_PARTS, RATE), **run.rates}
        clips = self.frames.trained(run.frames, run.forgotten)
        batch_size = max(1, budget.batch_size // SORTS[run.frames].trained)
        optimizer = torch.optim.AdamW(parameter_groups(model, rates, weight_decay=0.01), betas=(0.9, 0.99))
        learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
        order = shuffled(len(clips), seed)
        losses = []
        model.train()
        started = time.process_time()
        for step in progress(range(budget.steps), total=budget.steps, desc="training", unit="step"):
            batch = self.collate([clips[next(order)] for _ in range(batch_size)])
            set_learning_rates(optimizer, rates, learning_rate_factor(step, budget.steps, budget.steps // 10, 0.02))
            with torch.autocast("cpu", torch.bfloat16):
                loss = model(**{name: batch[name] for name in INPUTS}).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        last = losses[-max(1, budget.steps // 10) :]
        return {
            "loss": sum(last) / len(last),
            "trained": sum(parameter.numel() for parameter in learned),
            "seconds": time.process_time() - started,
        }

    def _base(self, tower: str) -> RefSamModel:
        """The frozen tower and text encoder, and what was pretrained with them."""
        if tower not in self._bases:
            bundled = tower == "bundled"
            folder = self.checkpoint if bundled else pretrained_tower(tower, self.budget.tower_steps, self.folder)
            model: RefSamModel = RefSamModel.from_pretrained(folder)
            model.text_encoder.requires_grad_(False)
            cache_frozen_text(model, TEXT_BYTES)
            KeptFrames(model.vision_tower)
            self._bases[tower] = model.eval()
        return self._bases[tower]


def own_parts(model: RefSamModel) -> list[str]:
    """Those of RefSAM's own parts that the model has."""
    return [part for part in PARTS if getattr(model, part) is not None]


def shuffled(count: int, seed: int) -> Iterator[int]:
    """All of `count` places in an order of the seed's, then all again in another, endlessly."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield from torch.randperm(count, generator=generator).tolist()


@contextmanager
def words_in_the_first_frame(model: Any) -> Iterator[None]:
    """The expressions are read in the first frame of a clip: later ones know what the track token tells, if any."""
    forward = model.forward

    def first_only(pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor) -> Any:
        seen = torch.zeros(*input_ids.shape[:2], pixel_values.shape[1], dtype=torch.bool)  # (B, E, T)
        seen[..., 0] = True
        return forward(pixel_values=pixel_values, input_ids=input_ids, attention_mask=attention_mask, words_seen=seen)

    model.forward = first_only
    try:
        yield
    finally:
        del model.forward


def _load_own_parts(model: RefSamModel, weights: dict[str, Tensor]) -> None:
    """Gives the model's parts the weights of those of another run; a part that it had not stays as it is."""
    for part in {key.split(".")[0] for key in weights}:
        of_part = {key.removeprefix(f"{part}."): value for key, value in weights.items() if key.startswith(f"{part}.")}
        getattr(model, part).load_state_dict(of_part)
