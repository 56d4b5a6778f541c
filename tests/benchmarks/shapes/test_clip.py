import hashlib
from collections.abc import Callable

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes.clip import ShapesClip, generate_clip
from refsam_hf.benchmarks.shapes.config import SceneConfig
from refsam_hf.benchmarks.shapes.kinds import MIX
from refsam_hf.benchmarks.shapes.vocabulary import SPLITS, WORDS

ClipsOf = Callable[[str], list[ShapesClip]]

# Frames, masks and expressions of some clips. A change here means that clips of the benchmark have changed: numbers
# measured before do not compare with those measured after.
HASHES = {
    ("train", "appearance", 0): "43f5db54cd37c9b410f204ad1d565eb25b3c4db039beb1b48f3448dee9ad5c58",
    ("val", "appearance", 1): "b5502fdde05cecf333471a366693a8eff8d0a09cc266807280eaad66fbf91f37",
    ("test", "appearance", 2): "e9c037387ad61b674fa2d77259edcc4a6f13011327a8647701283e8bb08b383a",
    ("train", "relation", 0): "8e64259cc31797fdb3337626618b0fab8b585339ea8aeab499e45e07b54ebd97",
    ("test", "relation", 1): "bea2dd161b74b33ae3970be5c27c378b62e6d91c457e95d7f1317d403a75bd18",
    ("train", "motion", 0): "0e73cf85fac2f77e2b39258c034e3a545ec739abf5f0b83d0527a8f5d1c7ddc3",
    ("test", "motion", 1): "1901854cb8db661c1ac5f0566c38afda2358cb85fb4be15a9cde0af2b5b5724e",
    ("train", "reappearance", 0): "68d256f00ad01992f1d09bf30a7ea514bab53a8c2894e764f2262f2c2cf377fe",
    ("test", "reappearance", 1): "bdade2417704ff1aebb0daae636d8840ed6346f3e17846bfc069333c4ef2a24f",
    ("test", "absent", 0): "362969c5715e251db3a2de852f10e6d2e9965f53af48209d299aae85ba45fffb",
    ("val", "absent", 1): "a1ba9e0ae90bd7d57f29ea98c45eb0789d5d6899f263847e37537caa6bcca44e",
    ("test-unseen", "appearance", 0): "9bec6e0b8c384f20c23527956f62fe72a3c0a16f51f7b01867b8ebc4b9290856",
    ("test-unseen", "relation", 0): "00277807adfac210ddfce8425d218042c8d233337b18953632f454aede504659",
    ("test-unseen", "motion", 0): "4c8777832326096a3c103f59cdafc9327522ebe31ca4985bc663fbea54a72d33",
    ("test-unseen", "reappearance", 0): "a1778f4253e93f6c4d9342c3a71875c936d02a25e2db9374e827dcb17c9e9846",
    ("test-unseen", "absent", 0): "9f4fedd836e9617a412118fad8bd55ccbf4dead2bf50e5470905e95364a9cec2",
}


@pytest.mark.parametrize(("split", "kind", "index"), HASHES)
def test_clips_are_the_same_bytes_on_every_machine(split: str, kind: str, index: int) -> None:
    clip = generate_clip(split, index, kind=kind, num_frames=12, size=(48, 64))
    digest = hashlib.sha256(clip.frames.tobytes() + clip.masks.tobytes())
    for e in clip.expressions:
        digest.update(f"{e.text}|{e.kind}|{e.object_ids}|{e.decidable_from}|{e.candidates}".encode())
    assert digest.hexdigest() == HASHES[split, kind, index]


def test_some_clips_of_every_kind_and_split_are_stored() -> None:
    assert {kind for _, kind, _ in HASHES} == set(MIX)
    assert {split for split, _, _ in HASHES} == set(SPLITS)


def test_what_a_clip_holds() -> None:
    clip = generate_clip("train", 5, num_frames=3, size=(48, 64))
    count = len(clip.scene.objects)
    assert clip.frames.shape == (3, 48, 64, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.masks.shape == (count, 3, 48, 64)
    assert clip.masks.dtype == np.bool_
    assert clip.scene.aspect == 64 / 48


def test_masks_are_apart_and_agree_with_the_label_maps() -> None:
    for index in range(20):
        clip = generate_clip("train", index, num_frames=2, size=(48, 64))
        assert clip.masks.sum(axis=0).max() == 1
        labels = clip.label_maps()
        assert labels.dtype == np.uint8
        for number, mask in enumerate(clip.masks, start=1):
            assert ((labels == number) == mask).all()


def test_masks_of_several_objects_and_of_none() -> None:
    clip = generate_clip("train", 0, num_frames=2, size=(48, 64))
    both = clip.masks_of((1, 2))
    assert (both == clip.masks[0] | clip.masks[1]).all()
    assert clip.masks_of(()).shape == both.shape
    assert not clip.masks_of(()).any()


@pytest.mark.parametrize("kind", MIX)
def test_a_longer_clip_begins_with_the_shorter_one(kind: str) -> None:
    for index in range(5):
        short, long = (
            generate_clip("train", index, kind=kind, num_frames=frames, size=(48, 64)) for frames in (9, 17)
        )
        assert (long.frames[:9] == short.frames).all()
        assert (long.masks[:, :9] == short.masks).all()
        assert long.scene == short.scene


@pytest.mark.parametrize("kind", MIX)
def test_expressions_name_objects_and_frames_of_the_clip(clips_of: ClipsOf, kind: str) -> None:
    for clip in clips_of(kind):
        assert clip.scene.kind == kind
        for expression in clip.expressions:
            ids = expression.object_ids
            assert len(ids) == (0 if expression.kind == "absent" else 1)
            assert all(1 <= number <= len(clip.masks) for number in (*ids, *expression.candidates))
            assert 0 <= expression.decidable_from < len(clip.frames)
            assert set(expression.text.split()) <= set(WORDS), expression.text


def test_every_kind_is_said_of_scenes_made_for_it(clips_of: ClipsOf) -> None:
    said = {kind: {e.kind for clip in clips_of(kind) for e in clip.expressions} for kind in MIX}
    assert said == {
        "appearance": {"appearance", "relation", "absent"},
        "relation": {"appearance", "relation", "absent"},
        "motion": {"appearance", "motion", "absent"},
        "reappearance": {"appearance", "reappearance", "absent"},
        "absent": {"appearance", "relation", "absent"},
    }


def test_something_moves_in_every_clip() -> None:
    for index in range(20):
        clip = generate_clip("train", index, num_frames=8, size=(48, 64))
        assert (clip.masks[:, 0] != clip.masks[:, -1]).any(axis=(1, 2)).all()


def test_splits_kinds_seeds_and_indices_show_different_clips() -> None:
    clips = [generate_clip(split, 0, num_frames=1) for split in SPLITS]
    clips += [generate_clip("train", 0, kind=kind, num_frames=1) for kind in MIX if kind != "appearance"]
    clips += [generate_clip("train", 1, num_frames=1), generate_clip("train", 0, seed=1, num_frames=1)]
    assert len({clip.frames.tobytes() for clip in clips}) == len(clips)


@pytest.mark.parametrize("kind", MIX)
def test_the_config_is_kept(kind: str) -> None:
    config = SceneConfig(num_objects=(3, 3), colours=("red", "blue"), shapes=("star",), backgrounds=("plain",))
    for index in range(5):
        scene = generate_clip("train", index, kind=kind, num_frames=1, size=(48, 64), config=config).scene
        assert len(scene.objects) == 3
        assert {item.colour for item in scene.objects} <= {"red", "blue"}
        assert all(0.08 <= item.radius <= 0.25 for item in scene.objects)
        assert {item.shape for item in scene.objects} == {"star"}
        assert scene.background.kind == "plain"


@pytest.mark.parametrize("kind", MIX)
@pytest.mark.parametrize("size", [(38, 50), (240, 135), (40, 400)])
def test_frames_of_any_shape(size: tuple[int, int], kind: str) -> None:
    clip = generate_clip("test", 0, kind=kind, num_frames=1, size=size)
    assert clip.frames.shape == (1, *size, 3)
    assert clip.masks.any(axis=(1, 2, 3)).all()


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="split: expected one of train, val, test, test-unseen, got 'dev'"):
        generate_clip("dev", 0)
    with pytest.raises(ValueError, match=r"kind: expected one of appearance, .*, got 'smell'"):
        generate_clip("test", 0, kind="smell")
    with pytest.raises(ValueError, match="num_frames: expected an integer of at least 1, got 0"):
        generate_clip("test", 0, num_frames=0)
