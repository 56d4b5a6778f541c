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
    ("train", "appearance", 0): "68adb23866a52dc2e97ff0045927293a096cecdd892990a42f98071345f7a83c",
    ("val", "appearance", 1): "7805478db186f21b339af0f9d2f3c834793ae86bf8ae0d431886ce512d2a73d7",
    ("test", "appearance", 2): "96969aa6478a3931214381d620674503bbd5e2870d012ef371da3954ddb7e11d",
    ("train", "relation", 0): "e57f4bd9867157c31bb4e68b8db3e26edba75d008c1d7bcd741099b86c15759d",
    ("test", "relation", 1): "122dd52cbe257141fb5971e0296c51e4c1d08d2d387dd96cba4215fd1cf93912",
    ("train", "motion", 0): "3b4e6a012ed72071aac37211577037a42e20aa709da5491af95f67330dc23b1f",
    ("test", "motion", 1): "fad3203ab63195bb7756ca69d68fb3b0db03a039e1a2d572c84ce03818b57a71",
    ("train", "reappearance", 0): "03c0a5f58bd14a58840822c770b86a71ebc9efbb71ebc771ad83ac2265491a90",
    ("test", "reappearance", 1): "316bc35173802d0451427d90301fc4e88469db0bc22980583a4b540d2bf2a566",
    ("test", "absent", 0): "ce60b13ce9c1fca33eb5ec8893a67bc9c46ff6aa461806a292e81e3e7719a0b7",
    ("val", "absent", 1): "6e3e91cb9aada341c9fe6cb6652e84d0a4d93f63a303ec4cff7cfb6c75486d1f",
    ("test-unseen", "appearance", 0): "3e90d2a0e22f4d41a2c796143aecb89d806fe451f03b284c44268a370f039dc5",
    ("test-unseen", "relation", 0): "285bf730beb68d4a39b4e08953895a61ee84afd2df616c623fafe9eaa16b32f9",
    ("test-unseen", "motion", 0): "917bafe85b7a8f7a2e2ed99dbda42d53922f4d14c78ec5a39d6766450f3e18a3",
    ("test-unseen", "reappearance", 0): "5260ba70a6c71959fb69daa7d8e7255b5d222230b426df42b7dad2e65f2fc7e5",
    ("test-unseen", "absent", 0): "c10b011112af64ec3a125a6f3a06cca1e2a623cce517080424f0d281d5f437c6",
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
