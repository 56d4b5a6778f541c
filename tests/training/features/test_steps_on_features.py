"""A step on kept features is the step on the frames that they are of; of some cells, that of these cells."""

import pytest
import torch

from refsam_hf.cells import cell_centres
from refsam_hf.training.augmentation import AugmentationConfig
from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.features.frame_picks import FramePicks
from refsam_hf.training.features.keeping import kept_features
from refsam_hf.training.features.kept_cells import KeptCells
from refsam_hf.training.features.kept_clips import KeptClips
from refsam_hf.training.features.kept_set import KeptSet
from refsam_hf.training.features.shard_files import write_shard
from refsam_hf.training.features.tower import tower_sha256
from refsam_hf.training.lessons import Lessons
from refsam_hf.training.shapes_clips import ShapesClips

NAMES = ("choice", "flow", "memory", "origins", "mentions", "places")


def step(model, batch):
    """Loss, lessons' losses, amounts and gradients, by name, of a batch."""
    torch.manual_seed(0)
    lessons = Lessons(model).train()
    for name in NAMES:
        setattr(lessons, f"{name}_weight", 0.3)
        for parameter in getattr(lessons, name).parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    amounts = lessons.amounts(batch)
    lessons.zero_grad()
    loss = lessons(**batch).loss
    loss.backward()
    gradients = {name: weight.grad for name, weight in lessons.named_parameters() if weight.grad is not None}
    for hooks in (model.mask_decoder.transformer, *model.mask_decoder.transformer.layers, model.implicit_tracking):
        hooks._forward_hooks.clear()
    return {"loss": loss.detach(), "amounts": amounts, **lessons.losses, **gradients}


def assert_same_step(first, second):
    assert first.keys() == second.keys()
    assert {*NAMES} < first.keys()
    for name in NAMES:
        assert first[name] > 0, "asked of some cell"
    for name, value in first.items():
        torch.testing.assert_close(
            second[name], value, rtol=1e-5, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.fixture
def drawn(frozen):
    """Three clips of three frames, drawn for the model."""
    shown = {"num_frames": 3, "min_stride": 3, "kinds": {"motion": 1, "relation": 1}, "frame_sizes": [(48, 48)]}
    clips = ShapesClips(frozen[1], 3, seed=4, augmentation=AugmentationConfig(), forgotten=0.3, **shown)
    return clips, [clips[index] for index in range(3)]


def test_of_all_cells_it_is_the_step_on_the_frames(frozen, drawn, tmp_path):
    (model, processor), (clips, tensors) = frozen, drawn
    said = [{"name": "", "texts": clips.draw(index).texts, "row": 0, "column": 0} for index in range(3)]
    facts = {"tower": tower_sha256(model), "grid": 6, "every": 1, "num_frames": 3, "num_clips": 3, "objects": True}
    features = [kept_features(model, clip, KeptCells(1, 0, 0), dtype=torch.float32) for clip in tensors]
    write_shard(tmp_path / "0.safetensors", {**facts, "clips": said}, features)
    kept = KeptClips(processor, KeptSet(tmp_path), seed=(0,), picks=FramePicks(3, 2, 2, 2))
    collate = ClipCollator(processor.tokenizer.pad_token_id)
    on_features = collate([kept[index] for index in range(3)])
    in_order = [tensors[kept._place(index)] for index in range(3)]
    on_frames = collate([{name: _picked(name, value) for name, value in clip.items()} for clip in in_order])
    on_features["words_seen"] = on_frames["words_seen"]
    assert "pixel_values" not in on_features
    assert_same_step(step(model, on_frames), step(model, on_features))


def _picked(name, value):
    """Frames 0 and 2; masks at the size of the logits, at which features are learnt from."""
    if name == "pixel_values":
        return value[[0, 2]]
    if name in ("labels", "object_masks"):
        return value[:, [0, 2], ::2, ::2]
    return value[:, [0, 2]] if name == "words_seen" else value


def test_of_some_cells_it_is_what_plain_indexing_gives(frozen, keep):
    model, processor = frozen
    some, whole = KeptSet(keep("some", every=2)), KeptSet(keep("whole"))
    picks, collate = FramePicks(3, 3), ClipCollator(processor.tokenizer.pad_token_id)
    kept = KeptClips(processor, some, seed=(0,), picks=picks)
    of_all = KeptClips(processor, whole, seed=(0,), picks=picks)
    expected = []
    for index in range(4):
        cells, clip = some.cells(kept._place(index)), of_all[index]
        rows, columns = ([first + 2 * number for number in range(3)] for first in (cells.row, cells.column))
        pixels = [[4 * cell + pixel for cell in kept_cells for pixel in range(4)] for kept_cells in (rows, columns)]
        frames = clip["frame_embeddings"]
        frames["visual_embedding"] = frames["visual_embedding"][:, :, rows][:, :, :, columns]
        frames["intermediate_embeddings"] = tuple(
            level[:, rows][:, :, columns] for level in frames["intermediate_embeddings"]
        )
        frames["cell_centres"] = cell_centres(6, 6)[rows][:, columns].expand(3, -1, -1, -1)
        for name in ("labels", "object_masks"):
            clip[name] = clip[name][..., pixels[0], :][..., pixels[1]]
        expected.append(clip)
    assert len({(some.cells(place).row, some.cells(place).column) for place in range(4)}) > 1
    assert_same_step(step(model, collate(expected)), step(model, collate([kept[index] for index in range(4)])))
