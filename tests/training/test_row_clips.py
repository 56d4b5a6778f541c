"""Clips from the rows of benchmarks: what is drawn, what is decoded, and that an index says it all."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from refsam_hf import benchmarks
from refsam_hf.benchmarks import load_benchmark
from refsam_hf.training.augmentation import AugmentationConfig
from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.datasets import DatasetConfig
from refsam_hf.training.losses import IGNORE_INDEX
from refsam_hf.training.row_clips import RowClips, count_samples

FLIPPED = AugmentationConfig(flip=1.0, brightness=0.0, contrast=0.0, saturation=0.0, noise=0.0, blur=0.0)


@pytest.fixture
def rows(own_clips):
    own_clips("walk", frames=9)
    return load_benchmark("own_clips", own_clips("run", frames=7), ":")


def numbers(frames):
    """Which frames of the video these are, as the value of the ground says."""
    return (frames[:, -1, -1, 0] // 10).tolist()


def test_a_clip_has_its_frames_and_the_masks_of_its_objects(rows):
    clips = RowClips(None, rows, max_expressions=4)
    lengths = set()
    for index in range(12):
        clip = clips.draw(index)
        assert clip.frames.shape == (3, 40, 60, 3)
        assert clip.masks.shape == (len(clip.texts), 3, 40, 60)
        for text, labels in zip(clip.texts, clip.masks, strict=True):
            assert (labels[:, 0, :4] == IGNORE_INDEX).all()
            for number, frame in zip(numbers(clip.frames), labels, strict=True):
                expected = np.zeros((40, 60), bool)
                if "red" in text:
                    expected[8:18, 4 + 3 * number : 16 + 3 * number] = True
                if "blue" in text and number >= 4:
                    expected[24:34, 4:16] = True
                assert np.array_equal(frame == 1, expected)
        assert clip.object_masks.shape == (0, 3, 40, 60)
        assert clip.candidates.shape == clip.anchors.shape == (len(clip.texts), 0)
        lengths.add(len(clip.texts))
    assert max(lengths) == 4


def test_every_row_comes_once_in_a_pass(rows):
    clips = RowClips(None, rows, max_expressions=3, num_frames=7)  # so many that every object is seen
    assert clips.samples_per_pass == count_samples(rows, 3) == 4
    for number in range(3):
        texts = [text for place in range(4) for text in clips.draw(4 * number + place).texts]
        assert sorted(texts) == sorted(rows["expression"])


def test_what_no_frame_shows_is_drawn_again_or_left_out(own_clips):
    blue = [{"text": "the blue square", "object_ids": [2]}, {"text": "the red one", "object_ids": [1]}]
    rows = load_benchmark("own_clips", own_clips("late", frames=40, expressions=blue), ":5")
    seen = []
    for index in range(20):  # the blue one is in the last of five frames only
        clip = RowClips(None, rows, num_frames=1, seed=(1,)).draw(index)
        seen.append("the blue square" in clip.texts)
        assert "the red one" in clip.texts
        assert all((labels == 1).any() for labels in clip.masks)
    assert True in seen
    only_blue = rows.filter(lambda row: row["object_ids"] == [2])
    for index in range(10):
        assert RowClips(None, only_blue, num_frames=1).draw(index).masks.any()


def test_objects_that_no_frame_shows_are_an_error(rows):
    never = rows.map(lambda row: {"object_ids": [9]})
    with pytest.raises(ValueError, match=r"own_clips: expected frames that show what is spoken of, got none in 20"):
        RowClips(None, never).draw(0)


def test_what_is_true_of_nothing_has_an_empty_mask(rows):
    nothing = rows.filter(lambda row: not row["object_ids"])
    clip = RowClips(None, nothing).draw(0)
    assert clip.texts == ["the green star"]
    assert not (clip.masks == 1).any()
    assert (clip.masks == 0).any()


def test_expressions_of_one_annotator_come_together(rows):
    said_by = rows.map(lambda row, place: {"annotator": place % 2}, with_indices=True)
    pairs = [
        {"the red square on the left", "the blue square"},
        {"the red one", "the green star"},
    ]
    clips = RowClips(None, said_by, max_expressions=4)
    for index in range(clips.samples_per_pass):
        assert any(set(clips.draw(index).texts) <= pair for pair in pairs)


def test_only_the_frames_of_a_clip_are_decoded(rows, monkeypatch):
    decoded = []

    def record(function):
        def recorded(row):
            decoded.append(list(row["frame_names"]))
            return function(row)

        return recorded

    for name in ("decode_frames", "decode_masks"):
        monkeypatch.setattr(benchmarks, name, record(getattr(benchmarks, name)))
    RowClips(None, rows, num_frames=2, max_expressions=1).draw(0)
    assert decoded
    assert all(len(names) == 2 for names in decoded)


def test_a_short_video_repeats_its_frames(rows):
    clip = RowClips(None, rows.map(lambda row: {"frame_names": row["frame_names"][4:6]}), num_frames=4).draw(0)
    assert set(numbers(clip.frames)) == {4, 5}
    assert len(clip.frames) == clip.masks.shape[1] == 4


def test_a_flip_swaps_left_and_right_in_the_text(rows):
    clips = RowClips(None, rows, max_expressions=4, augmentation=FLIPPED)
    drawn = [clips.draw(index) for index in range(4)]
    texts = {text for clip in drawn for text in clip.texts}
    assert "the red square on the right" in texts
    assert not any("left" in text for text in texts)
    for clip in drawn:
        assert (clip.masks[:, :, 0, -4:] == IGNORE_INDEX).all()


def test_a_still_image_becomes_a_clip_that_moves(rows):
    still = rows.map(lambda row: {"frame_names": row["frame_names"][5:6]})
    clips = RowClips(None, still, augmentation=AugmentationConfig(still_shift=0.2))
    clip = clips.draw(0)
    assert clip.frames.shape[0] == clip.masks.shape[1] == 3
    assert not np.array_equal(clip.masks[:, 0], clip.masks[:, 2])
    assert RowClips(None, still, num_frames=1, augmentation=FLIPPED).draw(0).frames.shape == (1, 40, 60, 3)
    unmoved = RowClips(None, still).draw(0)
    assert np.array_equal(unmoved.frames[0], unmoved.frames[2])


def test_a_clip_does_not_depend_on_who_draws_it(rows, model_and_processor):
    clips = RowClips(
        model_and_processor[1], rows, augmentation=AugmentationConfig(crop=0.5, resize=0.5), forgotten=0.5
    )
    straight = [clips[index] for index in range(9)]
    again = RowClips(model_and_processor[1], rows, augmentation=clips.augmentation, forgotten=0.5)
    for index in (8, 2, 5):
        assert all(torch.equal(straight[index][name], again[index][name]) for name in straight[index])
    other = RowClips(model_and_processor[1], rows, seed=(1,), augmentation=clips.augmentation)
    assert any(not torch.equal(other[index]["pixel_values"], straight[index]["pixel_values"]) for index in range(3))
    assert any(not clip["words_seen"].all() for clip in straight)


def test_batches_of_workers_are_those_of_one_process(rows, model_and_processor):
    class Some(torch.utils.data.Dataset):
        clips = RowClips(model_and_processor[1], rows)

        def __len__(self):
            return 6

        def __getitem__(self, index):
            return self.clips[index]

    collate = ClipCollator(0)
    alone = list(DataLoader(Some(), batch_size=2, collate_fn=collate))
    together = list(DataLoader(Some(), batch_size=2, collate_fn=collate, num_workers=1))
    for one, other in zip(alone, together, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)
        assert one["object_masks"].shape[1] == one["anchors"].shape[2] == 0


def test_hidden_masks_and_no_rows_are_errors(rows):
    with pytest.raises(
        ValueError, match=r"video 'run' \('the red .*expected masks to learn from, got a row that hides"
    ):
        RowClips(None, rows.map(lambda row: {"masks": ""}))
    with pytest.raises(ValueError, match="expected at least one row to learn from, got none"):
        RowClips(None, rows.select([]))


def test_a_mask_of_another_size_than_its_frame_is_an_error(rows, tmp_path):
    from PIL import Image

    for path in (tmp_path / "clips").glob("*/frames/*.png"):  # changed after the folder was checked
        Image.open(path).resize((30, 20)).save(path)
    with pytest.raises(
        ValueError, match=r"'(walk|run)': expected masks of the size of the frames, 20x30 .* got 40x60"
    ):
        RowClips(None, rows).draw(0)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("refer_youtube_vos", "train"),
        ("ref_davis17", "valid"),
        ("mevis", "valid_u"),
        ("refcoco", "train"),
        ("a2d_sentences", "test"),
        ("jhmdb_sentences", "test"),
        ("youtube_vis", "train"),
    ],
)
def test_every_benchmark_can_be_learnt_from(name, split, trees, tmp_path, tiny_processor):
    """As a configuration names it; own clips are in the other tests."""
    dataset = DatasetConfig(name, root=str(getattr(trees, name)(tmp_path / "tree")), split=split)
    dataset.check("datasets.0")
    clips = RowClips(tiny_processor, dataset.rows, num_frames=2, max_distance=1)
    for index in range(clips.samples_per_pass):
        clip = clips[index]
        assert clip["pixel_values"].shape[:2] == (2, 3)
        assert clip["labels"].shape[1] == 2
        assert (clip["labels"] == 1).any()
