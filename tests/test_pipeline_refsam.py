import json

import numpy as np
import pytest
from PIL import Image
from transformers import pipeline

import refsam_hf
from refsam_hf.benchmarks.shapes import generate_clip
from refsam_hf.video.rle import decode_rle


@pytest.fixture(scope="module")
def segmenter():
    return pipeline("referring-video-segmentation")


@pytest.fixture(scope="module")
def frames():
    return generate_clip("test", 1, num_frames=3, size=(48, 64)).frames


def test_the_default_model_is_the_bundled_checkpoint(segmenter):
    assert type(segmenter) is refsam_hf.ReferringVideoSegmentationPipeline
    assert segmenter.model.config._name_or_path == refsam_hf.TINY_CHECKPOINT


def test_one_expression_gives_one_result(segmenter, frames):
    result = segmenter(frames, text="the red circle")
    assert sorted(result) == ["frame_indices", "masks", "scores", "text"]
    assert result["text"] == "the red circle"
    assert result["frame_indices"] == [0, 1, 2]
    assert len(result["scores"]) == len(result["masks"]) == 3
    assert all(mask["size"] == [48, 64] and isinstance(mask["counts"], str) for mask in result["masks"])
    json.dumps(result)


def test_a_list_of_expressions_gives_a_list_in_their_order(segmenter, frames):
    texts = ["the star", "the circle", "the ring"]
    results = segmenter(frames, text=texts)
    assert [result["text"] for result in results] == texts
    alone = segmenter(frames, text="the circle")
    assert results[1]["masks"] == alone["masks"]
    assert results[1]["scores"] == pytest.approx(alone["scores"], abs=1e-4)
    assert len(segmenter(frames, text=["the star"])) == 1


def test_mask_formats_hold_the_same_masks(segmenter, frames):
    clip = generate_clip("test", 1, num_frames=3, size=(48, 64))
    text = clip.expressions[0].text  # true of something, or the masks would be empty
    rle = segmenter(frames, text=text, mask_threshold=-2.0)["masks"]
    arrays = segmenter(frames, text=text, mask_format="array", mask_threshold=-2.0)["masks"]
    images = segmenter(frames, text=text, mask_format="pil", mask_threshold=-2.0)["masks"]
    assert any(mask.any() for mask in arrays)
    for code, array, image in zip(rle, arrays, images, strict=True):
        assert array.dtype == np.bool_
        assert isinstance(image, Image.Image)
        assert image.mode == "1"
        assert np.array_equal(decode_rle(code), array)
        assert np.array_equal(np.asarray(image), array)


def test_one_clip_and_batches_of_clips_are_told_apart(segmenter, frames, tmp_path):
    still = tmp_path / "still.png"
    Image.fromarray(frames[0]).save(still)
    text = "the circle"
    assert segmenter(str(still), text=text)["frame_indices"] == [0]
    assert segmenter(list(frames), text=text)["frame_indices"] == [0, 1, 2]
    assert segmenter(iter(frames), text=text)["frame_indices"] == [0, 1, 2]
    batch = segmenter([frames, frames[:2]], text=text)
    assert [len(result["masks"]) for result in batch] == [3, 2]
    paths = segmenter([str(still), still], text=[text, "the star"])
    assert [[result["text"] for result in results] for results in paths] == [[text, "the star"]] * 2


def test_clips_do_not_influence_each_other(segmenter, frames):
    noise = np.random.default_rng(0).integers(0, 256, frames.shape, dtype=np.uint8)
    alone = segmenter(frames, text="the circle")
    assert segmenter([noise, frames], text="the circle")[1] == alone


def test_chunks_give_the_same_masks(segmenter, frames):
    one, three = (segmenter(frames, text="the circle", chunk_size=size) for size in (1, 3))
    assert one["masks"] == three["masks"]


def test_what_is_saved_is_a_checkpoint_without_code(segmenter, frames, tmp_path):
    segmenter.save_pretrained(tmp_path / "saved")
    assert not list((tmp_path / "saved").glob("*.py"))
    assert "custom_pipelines" not in (tmp_path / "saved" / "config.json").read_text()
    again = pipeline("referring-video-segmentation", model=str(tmp_path / "saved"))
    assert again(frames, text="the circle") == segmenter(frames, text="the circle")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": None}, "expected the words to look for"),
        ({"text": ""}, "expected words that say what to segment"),
        ({"text": []}, "expected at least one expression"),
        ({"text": ["the circle", 3]}, "expected strings, got int: 3"),
        ({"text": "the circle", "mask_format": "png"}, "mask_format: expected one of .*got 'png'"),
        ({"text": "the circle", "mask_fromat": "rle"}, "expected the options .*got mask_fromat"),
    ],
)
def test_bad_options_are_one_clear_error(segmenter, frames, arguments, message):
    with pytest.raises(ValueError, match=message):
        segmenter(frames, **arguments)


def test_a_bad_clip_is_an_error_that_names_it(segmenter, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothere\.mp4"):
        segmenter(str(tmp_path / "nothere.mp4"), text="the circle")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(ValueError, match=r"empty\.mp4.*empty file"):
        segmenter(str(tmp_path / "empty.mp4"), text="the circle")
    with pytest.raises(ValueError, match="got 1x4000"):
        segmenter(np.zeros((2, 1, 4000, 3), np.uint8), text="the circle")
