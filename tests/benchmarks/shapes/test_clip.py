import hashlib

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes.clip import generate_clip
from refsam_hf.benchmarks.shapes.config import SceneConfig

# Frames, masks and texts of three clips. A change here means that every clip of the benchmark has changed: numbers
# measured before do not compare with those measured after.
HASHES = {
    ("train", 0): "ed8c84a2eb57fd94fc1b7ecaef813056070d3f215f31bfc1bbb5d9906a3f549a",
    ("val", 1): "f34fc3f8ab15f01eb357cf1f976f0ea139c1506c8afd929371be6ea9476d9e00",
    ("test", 2): "969a582ea457f12e999aaeb9ccb9342af1addbfa22614ca7c030cdfb11e83f5b",
}


@pytest.mark.parametrize(("split", "index"), HASHES)
def test_clips_are_the_same_bytes_on_every_machine(split: str, index: int) -> None:
    clip = generate_clip(split, index, num_frames=4, size=(48, 64))
    digest = hashlib.sha256(clip.frames.tobytes() + clip.masks.tobytes())
    for expression in clip.expressions:
        digest.update(f"{expression.text}|{expression.kind}|{expression.object_ids}".encode())
    assert digest.hexdigest() == HASHES[split, index]


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


def test_a_longer_clip_begins_with_the_shorter_one() -> None:
    for index in range(5):
        short = generate_clip("train", index, num_frames=2, size=(48, 64))
        long = generate_clip("train", index, num_frames=9, size=(48, 64))
        assert (long.frames[:2] == short.frames).all()
        assert (long.masks[:, :2] == short.masks).all()


def test_something_moves_in_every_clip() -> None:
    for index in range(20):
        clip = generate_clip("train", index, num_frames=8, size=(48, 64))
        assert (clip.masks[:, 0] != clip.masks[:, -1]).any(axis=(1, 2)).all()


def test_splits_seeds_and_indices_show_different_clips() -> None:
    clips = [generate_clip("train", 0), generate_clip("val", 0), generate_clip("train", 1)]
    clips.append(generate_clip("train", 0, seed=1))
    assert len({clip.frames.tobytes() for clip in clips}) == 4


def test_the_config_is_kept() -> None:
    config = SceneConfig(num_objects=(3, 3), colours=("red", "blue"), shapes=("star",), backgrounds=("plain",))
    for index in range(5):
        scene = generate_clip("train", index, num_frames=1, size=(48, 64), config=config).scene
        assert len(scene.objects) == 3
        assert {item.colour for item in scene.objects} <= {"red", "blue"}
        assert {item.shape for item in scene.objects} == {"star"}
        assert scene.background.kind == "plain"


@pytest.mark.parametrize("size", [(38, 50), (240, 135), (40, 400)])
def test_frames_of_any_shape(size: tuple[int, int]) -> None:
    clip = generate_clip("test", 0, num_frames=1, size=size)
    assert clip.frames.shape == (1, *size, 3)
    assert clip.masks.any(axis=(1, 2, 3)).all()


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="split: expected one of train, val, test, got 'dev'"):
        generate_clip("dev", 0)
    with pytest.raises(ValueError, match="num_frames: expected an integer of at least 1, got 0"):
        generate_clip("test", 0, num_frames=0)
