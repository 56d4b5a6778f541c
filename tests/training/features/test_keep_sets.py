"""Sets of clips are kept file after file, gone on with, and not mixed up."""

import json

import pytest
import torch

from refsam_hf.training.augmentation import AugmentationConfig
from refsam_hf.training.config_reading import from_mapping
from refsam_hf.training.features.config import KeepingConfig
from refsam_hf.training.features.keep_sets import keep_sets
from refsam_hf.training.features.kept_set import KeptSet
from refsam_hf.training.shapes_clips import ShapesClips


@pytest.fixture
def config(keeping_options, tmp_path):
    def make(**options):
        return from_mapping(KeepingConfig, {**keeping_options, "output_dir": str(tmp_path), **options})

    return make


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.safetensors"))}


def test_what_is_kept_of_a_clip(keep, frozen):
    model, processor = frozen
    config = {"num_frames": 3, "min_stride": 2, "frame_sizes": [(48, 48), (40, 48)]}
    kept = KeptSet(keep("kept"))
    assert (len(kept), kept.facts["num_frames"], kept.facts["objects"]) == (5, 3, True)
    clips = ShapesClips(processor, 5, augmentation=AugmentationConfig(), **config)
    for place in (0, 4):
        clip, expected, drawn = kept.read(place, [0, 1, 2]), clips[place], clips.draw(place)
        frames = model.get_frame_embeddings(expected["pixel_values"])
        assert torch.equal(clip["visual_embedding"], frames.visual_embedding.half())
        for number, level in enumerate(frames.intermediate_embeddings):
            assert torch.equal(clip[f"intermediate_embeddings.{number}"], level.half())
        for name in ("labels", "object_masks"):
            assert torch.equal(clip[name], expected[name][..., ::2, ::2]), "24 x 24 logits of 48 x 48 pixels"
        for name in ("candidates", "anchors"):
            assert torch.equal(clip[name], expected[name])
        assert kept.said(place) == (drawn.name, drawn.texts)


def test_bfloat16_is_near(keep):
    exact, rounded = KeptSet(keep("exact")).read(0, [1]), KeptSet(keep("rounded", mixed_precision="bf16")).read(0, [1])
    assert not torch.equal(exact["visual_embedding"], rounded["visual_embedding"])
    torch.testing.assert_close(exact["visual_embedding"], rounded["visual_embedding"], atol=0.1, rtol=0)


def test_phases_are_the_clips_own(keep):
    kept = KeptSet(keep("kept", every=2))
    cells = [kept.cells(place) for place in range(5)]
    assert len({(of_clip.row, of_clip.column) for of_clip in cells}) > 1
    assert kept.read(0, [0])["visual_embedding"].shape == (1, 32, 3, 3)


def test_sets_hold_clips_of_their_own(config, frozen, keeping_options, tmp_path):
    clips = keeping_options["sets"]["all"]
    assert sum(keep_sets(config(sets={"one": clips, "two": clips}), *frozen)) == 10
    one, two = KeptSet(tmp_path / "one"), KeptSet(tmp_path / "two")
    assert [one.said(place) for place in range(5)] != [two.said(place) for place in range(5)]


def test_it_goes_on_where_it_was_killed(config, frozen, keep, tmp_path):
    whole = contents(keep("whole"))
    assert len(whole) == 3
    folder = tmp_path / "killed"
    for count, _ in enumerate(keep_sets(config(output_dir=str(folder)), *frozen), start=1):
        if count == 4:  # two clips of a file that is there, and two of the next
            break
    (folder / "all" / ".0123456789ab.safetensors").write_bytes(b"half a file")
    with pytest.raises(ValueError, match=r"expected 5 clips, got 2: .* goes on where it was stopped"):
        KeptSet(folder / "all")
    first = (folder / "all" / "00000.safetensors").stat().st_mtime_ns
    assert list(keep_sets(config(output_dir=str(folder), num_workers=1), *frozen)) == [2, 1, 1, 1]
    assert (folder / "all" / "00000.safetensors").stat().st_mtime_ns == first
    assert contents(folder / "all") == whole
    assert sorted(path.name for path in (folder / "all").iterdir()) == [f"0000{n}.safetensors" for n in range(3)]


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"every": 2}, "every was 1 and is 2"),
        ({"seed": 3}, "options.seed was 0 and is 3"),
        ({"augmentation": {"flip": 0.0}}, r"options.augmentation.flip was .* and is 0.0"),
    ],
)
def test_what_is_there_of_other_options_stays(config, frozen, keep, tmp_path, options, difference):
    before = contents(keep("there"))
    with pytest.raises(ValueError, match=rf"00000.safetensors was kept in another way: {difference}"):
        list(keep_sets(config(output_dir=str(tmp_path / "there"), **options), *frozen))
    assert contents(tmp_path / "there" / "all") == before


@torch.no_grad()
def test_what_is_there_of_another_tower_stays(config, frozen, keep, tmp_path):
    keep("there")
    frozen[0].vision_tower.pos_embed += 1
    with pytest.raises(ValueError, match="was kept in another way: tower was"):
        list(keep_sets(config(output_dir=str(tmp_path / "there")), *frozen))


def test_a_grid_that_cannot_be_divided(config, frozen, tmp_path):
    with pytest.raises(ValueError, match=r"^every: expected a divisor of 6, the side of the tower's grid, got 4$"):
        next(keep_sets(config(every=4), *frozen))
    assert not any(tmp_path.iterdir())


def test_rows_are_kept_too(config, frozen, own_clips, tmp_path):
    clips = {"num_clips": 2, "num_frames": 2, "datasets": [{"name": "own_clips", "root": str(own_clips("walk"))}]}
    assert sum(keep_sets(config(sets={"own": clips}), *frozen)) == 2
    kept = KeptSet(tmp_path / "own")
    assert not kept.facts["objects"]
    assert kept.read(0, [0, 1])["object_masks"].shape == (0, 2, 24, 24)
    assert "walk" in kept.said(0)[0]


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({}, "sets: expected at least one set of clips, got none"),
        ({"a/b": {"num_clips": 1}}, "sets: expected a name of letters, digits, - and _ for a folder, got 'a/b'"),
        ({"a": {}}, "sets.a.num_clips is missing: how many are kept"),
        ({"a": {"num_clips": 1, "steps": 1}}, "unknown key sets.a.steps"),
        ({"a": {"num_clips": 1, "min_stride": 9}}, "sets.a.min_stride: expected at most the max_stride, 3, got 9"),
    ],
)
def test_wrong_options_are_named(config, sets, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        config(sets=json.loads(json.dumps(sets)))
