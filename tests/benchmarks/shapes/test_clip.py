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
    ("train", "appearance", 0): "0dd460833972fa995fb34c523ee682edc0025830dd7ab1bb8b725b757b872352",
    ("val", "appearance", 1): "6c206d2767dee3045aaf67f33479a9759ff3d3cceb90a015b92fed3c28c30adb",
    ("test", "appearance", 2): "b56c4cde8014a7fbec46dab55898fdc757bc027a3adcd64b131d4fb364287a37",
    ("train", "relation", 0): "664e24bbf2d47d02380dcb6db13c605b33cc593e4c5f6455e9a978cab84c3f9a",
    ("test", "relation", 1): "727193c26d9d0e901a7568b24d5c06863d0484dde8c4050a86f63dc57930d62f",
    ("train", "motion", 0): "26da0da3cc0c62ecefa1fb229c41877d40bb5b8d4c8573577906b3ab76ee9899",
    ("test", "motion", 1): "5a5749809e7cdb00a199ba383686e7272d501930697b94ded09731a47b476f0f",
    ("train", "reappearance", 0): "22e3edd380967dbe439640a1ac4cb58b7d74622ac5ec713ef8377cadd17b523e",
    ("test", "reappearance", 1): "427889cc6d8b13784e0e993500666613fbc605a9750b21bd2fb67f0e8a009e87",
    ("test", "absent", 0): "ae7267bbc33c16ea4ae2f9d527667d3488273c8a45973f3c0c43a128719520d6",
    ("val", "absent", 1): "206961316ef307e34694d9d84e7116500c65d40220bab3f48bbd09b3076bd68b",
    ("test-unseen", "appearance", 0): "b3b0d28a6ccc58cd638f5ac1b96c25592355f4dff10247f91142e5f6466f888c",
    ("test-unseen", "relation", 0): "8d620799825cd3de66b7ec580bf160234bf2b9c9d5e5084179ed8086bd750ac9",
    ("test-unseen", "motion", 0): "2ce778adb1efdcb96b48acfff639e354620c1564745de591ec365adb8709f3b3",
    ("test-unseen", "reappearance", 0): "a59cc207c8dfa4d0a0f65965cdc68742c191b7b12081f4e925cc9ffc786af984",
    ("test-unseen", "absent", 0): "4a3399a2e0e807aa0e5c491e3978c0f65311e098265ff38d9a6a767c8bdbfb0e",
}


@pytest.mark.parametrize(("split", "kind", "index"), HASHES)
def test_clips_are_the_same_bytes_on_every_machine(split: str, kind: str, index: int) -> None:
    clip = generate_clip(split, index, kind=kind, num_frames=12, size=(48, 64))
    digest = hashlib.sha256(clip.frames.tobytes() + clip.masks.tobytes())
    for e in clip.expressions:
        digest.update(f"{e.text}|{e.kind}|{e.object_ids}|{e.decidable_from}|{e.candidates}|{e.anchors}".encode())
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
            assert all(
                1 <= number <= len(clip.masks) for number in (*ids, *expression.candidates, *expression.anchors)
            )
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
