"""The bundled checkpoint has learned what its card says: on the benchmark, and on clips of another program."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from refsam_hf import TINY_CHECKPOINT
from refsam_hf.benchmarks.shapes import WORDS, iterate_shapes
from refsam_hf.evaluation import score_clip
from refsam_hf.segmentation import segment_video
from refsam_hf.training.validation import validate

COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 160, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "white": (255, 255, 255),
    "orange": (255, 165, 0),
    "purple": (128, 0, 128),
    "cyan": (0, 255, 255),
}
SHAPES = ("circle", "square", "triangle")


def test_it_is_small_and_safe():
    files = list(Path(TINY_CHECKPOINT).iterdir())
    assert sum(path.stat().st_size for path in files) <= 12e6
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md"}


def test_it_has_every_part_of_the_figure(bundled_model):
    config = bundled_model.config
    assert (config.space_adapter, config.mlp_adapter, config.sparse_embeddings) == (True, True, True)
    assert (config.dense_embeddings, config.implicit_tracking) == ("hda", True)
    for name, weight in bundled_model.named_parameters():
        assert torch.isfinite(weight).all(), name
    learned = bundled_model.vision_tower.layers[-1].mlp.refsam_adapter_up["default"].weight
    assert learned.abs().max() > 0.01  # an adapter that was never trained is zero there


def test_its_tokenizer_knows_the_words_of_the_benchmark_and_takes_any_text(bundled_processor):
    tokenizer = bundled_processor.tokenizer
    for word in WORDS:
        assert len(tokenizer(word)["input_ids"]) == 2, word  # the word and </s>
    text = "Señor Ω's 🐈 zigzags!"
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == text.lower()


def measure(model, processor, split: str, num_clips: int, **options: Any) -> dict[str, dict[str, float]]:
    clips = iterate_shapes(split, num_clips=num_clips, **options)
    return validate(model, processor, ((clip, expressions) for _, clip, expressions in clips))


def test_it_finds_what_expressions_of_every_kind_say(bundled_model, bundled_processor):
    table = measure(bundled_model, bundled_processor, "test", 20)
    assert {kind: line["expressions"] for kind, line in table.items()} == {
        "appearance": 16, "relation": 10, "motion": 6, "reappearance": 4, "absent": 4, "all": 36
    }  # fmt: skip
    assert table["appearance"]["j_and_f"] >= 0.75
    assert table["motion"]["j_and_f"] >= 0.55  # to mark all candidates is worth 0.4 to 0.5
    assert table["all"]["j_and_f"] >= 0.7
    assert table["all"]["j_swapped"] <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "appearance", "relation", "motion", "least"),
    [("test", 0.84, 0.73, 0.65, 0.76), ("test-unseen", 0.68, 0.68, 0.57, 0.64)],
)
def test_it_is_as_good_as_its_card_says(bundled_model, bundled_processor, split, appearance, relation, motion, least):
    table = measure(bundled_model, bundled_processor, split, 200)
    assert table["appearance"]["j_and_f"] >= appearance
    assert table["relation"]["j_and_f"] >= relation
    assert table["motion"]["j_and_f"] >= motion
    assert table["all"]["j_and_f"] >= least
    assert table["all"]["j_swapped"] <= 0.10
    assert table["absent"]["empty"] >= 0.8


def test_it_holds_on_clips_of_another_program(bundled_model, bundled_processor):
    found, swapped = [], []
    for seed in range(4):
        frames, masks, texts = draw_clip(seed)
        steps = segment_video(bundled_model, bundled_processor, frames, texts)
        predicted = np.stack([step.masks for step in steps], axis=1)  # (E, T, H, W)
        for index in range(len(texts)):
            found.append(score_clip(predicted[index], masks[index]).j_mean)
            swapped.append(score_clip(predicted[index], masks[index - 1]).j_mean)
    assert np.mean(found) >= 0.7
    assert np.mean(swapped) <= 0.1


def draw_clip(seed: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Hard-edged objects that bounce over a 320x180 gradient or noise, drawn by Pillow: frames, masks, texts."""
    rng = np.random.default_rng(seed)
    height, width, length = 180, 320, 6
    names = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    chosen = [names[index] for index in rng.choice(len(names), 3, replace=False)]
    radius = rng.integers(20, 40, 3)
    centre, speed = rng.uniform((45, 45), (width - 45, height - 45), (3, 2)), rng.uniform(-5, 5, (3, 2))
    first, last = rng.integers(0, 150, (2, 3))
    background = first + (last - first) * np.linspace(0, 1, width)[None, :, None] * np.ones((height, 1, 1))
    frames, masks = [], np.zeros((3, length, height, width), bool)
    for t in range(length):
        noise = rng.normal(0, 25, background.shape) if seed % 2 else 0
        frame = Image.fromarray(np.clip(background + noise, 0, 255).astype(np.uint8))
        labels = Image.new("L", (width, height))
        for index, (colour, shape) in enumerate(chosen):
            (x, y), r = centre[index] + t * speed[index], int(radius[index])
            for draw, fill in ((ImageDraw.Draw(frame), COLOURS[colour]), (ImageDraw.Draw(labels), index + 1)):
                if shape == "circle":
                    draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)
                elif shape == "square":
                    draw.rectangle((x - r, y - r, x + r, y + r), fill=fill)
                else:
                    draw.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill=fill)
        frames.append(np.asarray(frame))
        for index in range(3):
            masks[index, t] = np.asarray(labels) == index + 1
    return np.stack(frames), masks, [f"the {colour} {shape}" for colour, shape in chosen]
