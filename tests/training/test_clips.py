"""Training clips: the same whoever draws them, and put into a batch without a trace of the padding."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from refsam_hf.benchmarks.shapes import Expression, SceneConfig, generate_clip
from refsam_hf.training.augmentation import AugmentationConfig
from refsam_hf.training.clips import ClipCollator, ShapesClips, masks_of, pick_expressions
from refsam_hf.training.losses import IGNORE_INDEX


@pytest.fixture
def clips(model_and_processor):
    sizes = [(48, 48), (40, 60), (60, 40), (45, 80)]
    return ShapesClips(
        model_and_processor[1], 12, frame_sizes=sizes, max_expressions=3, augmentation=AugmentationConfig()
    )


def test_one_clip(clips):
    for clip in (clips[index] for index in range(6)):
        expressions, words = clip["input_ids"].shape
        assert clip["pixel_values"].shape == (3, 3, 48, 48)
        assert clip["labels"].shape == (expressions, 3, 48, 48)
        assert clip["labels"].dtype == torch.uint8
        assert clip["attention_mask"].shape == (expressions, words)
        assert 2 <= expressions <= 3
        assert (clip["labels"] == 1).any(dim=-1).any(dim=-1).any(dim=-1).all(), "every expression has its object"


def test_wide_and_tall_frames_have_ignored_borders(clips):
    borders = {
        tuple((clips[i]["labels"][0, 0] == IGNORE_INDEX).any(dim=d).sum().item() for d in (0, 1)) for i in range(12)
    }
    assert len(borders) > 2
    assert (0, 0) in borders


def test_a_clip_does_not_depend_on_who_draws_it(clips):
    """In another order, by other workers, or as part of a later stage: the same numbers."""
    collate = ClipCollator(0)
    alone = list(DataLoader(clips, batch_size=2, collate_fn=collate))
    together = list(DataLoader(clips, batch_size=2, collate_fn=collate, num_workers=2))
    for one, other in zip(alone, together, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)
    later = ShapesClips(
        clips.processor, 2, first_index=7, frame_sizes=clips.frame_sizes, augmentation=clips.augmentation
    )
    assert torch.equal(later[1]["pixel_values"], clips[8]["pixel_values"])
    assert torch.equal(later[1]["labels"], clips[8]["labels"])


def test_clips_seeds_and_splits_differ(clips):
    assert not torch.equal(clips[0]["pixel_values"], clips[1]["pixel_values"])
    other = ShapesClips(clips.processor, 1, seed=1, frame_sizes=[(48, 48)])
    same = ShapesClips(clips.processor, 1, frame_sizes=[(48, 48)])
    val = ShapesClips(clips.processor, 1, split="val", frame_sizes=[(48, 48)])
    assert not torch.equal(other[0]["pixel_values"], same[0]["pixel_values"])
    assert not torch.equal(val[0]["pixel_values"], same[0]["pixel_values"])
    with pytest.raises(IndexError):
        clips[12]


def test_frames_are_one_to_three_apart(clips):
    clips.augmentation = None
    strides = set()
    for index in range(12):
        frames, masks, texts = clips.draw(index)
        assert len(frames) == 3
        assert masks.shape == (len(texts), *frames.shape[:3])
        whole = generate_clip("train", index, num_frames=7, size=frames.shape[1:3]).frames
        places = [int(np.flatnonzero((whole == frame).all(axis=(1, 2, 3)))[0]) for frame in frames]
        assert places[0] == 0
        strides |= set(np.diff(places).tolist())
    assert strides == {1, 2, 3}


def expressions(*targets):
    return [Expression(text=f"{i}", kind="appearance", object_ids=ids) for i, ids in enumerate(targets)]


def test_expressions_of_different_objects_and_two_where_there_are_two():
    rng = np.random.default_rng(0)
    for _ in range(10):
        picked = pick_expressions(expressions((1,), (1,), (2,), (3,), (3,)), 3, rng)
        assert {e.object_ids for e in picked} == {(1,), (2,), (3,)}
        assert len(pick_expressions(expressions((1,), (2,), (3,)), 2, rng)) == 2
        assert {e.text for e in pick_expressions(expressions((1,), (1,)), 3, rng)} == {"0", "1"}
    assert len(pick_expressions(expressions((1,)), 3, rng)) == 1


def test_masks_of_several_objects_and_of_none():
    clip = generate_clip("train", 0, num_frames=2, size=(48, 48))
    both = masks_of(clip, (1, 2))
    assert np.array_equal(both, clip.masks[0] | clip.masks[1])
    assert masks_of(clip, ()).shape == both.shape
    assert not masks_of(clip, ()).any()


def test_scenes_of_which_nothing_can_be_said(clips):
    """Twins only: no expression is true of one of them alone."""
    twins = SceneConfig(colours=("red",), shapes=("circle",), textures=("plain",), radius=(0.1, 0.1))
    blind = ShapesClips(clips.processor, 1, frame_sizes=[(48, 48)], scenes=[twins])
    with pytest.raises(ValueError, match="something can be said"):
        blind[0]


def test_padding_of_a_batch():
    short = {
        "pixel_values": torch.zeros(1, 3, 4, 4),
        "input_ids": torch.tensor([[5, 1]]),
        "attention_mask": torch.ones(1, 2, dtype=torch.long),
        "labels": torch.ones(1, 1, 4, 4, dtype=torch.uint8),
    }
    long = {
        "pixel_values": torch.ones(1, 3, 4, 4),
        "input_ids": torch.tensor([[5, 6, 1], [7, 8, 1]]),
        "attention_mask": torch.ones(2, 3, dtype=torch.long),
        "labels": torch.zeros(2, 1, 4, 4, dtype=torch.uint8),
    }
    batch = ClipCollator(9)([short, long])
    assert batch["input_ids"].tolist() == [[[5, 1, 9], [9, 9, 9]], [[5, 6, 1], [7, 8, 1]]]
    assert batch["attention_mask"].tolist() == [[[1, 1, 0], [0, 0, 0]], [[1, 1, 1], [1, 1, 1]]]
    assert batch["labels"].shape == (2, 2, 1, 4, 4)
    assert (batch["labels"][0, 0] == 1).all()
    assert (batch["labels"][0, 1] == IGNORE_INDEX).all()
    assert (batch["labels"][1] == 0).all()
    assert torch.equal(batch["pixel_values"][1], long["pixel_values"])


def test_padding_does_not_change_the_loss(clips, model_and_processor):
    """A clip alone, and beside one with more expressions and words."""
    model, collate = model_and_processor[0], ClipCollator(0)
    rows = [clips[index] for index in range(12)]
    rows.sort(key=lambda row: row["input_ids"].numel())
    few, many = rows[0], rows[-1]
    few = {name: value if name == "pixel_values" else value[:1] for name, value in few.items()}
    with torch.no_grad():
        alone = [model(**collate([row])).pred_masks[0] for row in (few, many)]
        together = model(**collate([few, many])).pred_masks
    torch.testing.assert_close(together[0, :1], alone[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(together[1], alone[1], atol=1e-4, rtol=0)
