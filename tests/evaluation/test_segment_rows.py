import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks import decoding
from refsam_hf.evaluation.segment_rows import segment_rows
from refsam_hf.video.errors import VideoError
from refsam_hf.video.rle import decode_rle

TEXTS = ["the red circle on the left", "blue square", "the red square"]


@pytest.fixture
def rows(tmp_path, tiny_clip, make_row):
    """Rows of a clip of five frames that is a folder of images."""
    for t, frame in enumerate(tiny_clip):
        Image.fromarray(frame).save(tmp_path / f"{t:05d}.png")
    return [
        make_row(str(i), [i + 1], benchmark="ref_davis17", frames_dir=str(tmp_path), expression=text)
        for i, text in enumerate(TEXTS)
    ]


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model()


def masks_of(predicted):
    return np.stack([decode_rle(rle) for rle in predicted.masks])


def test_the_masks_are_those_of_a_session_of_each_expression(model, tiny_processor, tiny_clip, rows):
    found = segment_rows(model, tiny_processor, rows)
    assert list(found) == ["0", "1", "2"]
    shares = []
    for row in rows:
        session = tiny_processor.init_video_session(text=[row["expression"]])
        outputs = list(model.propagate_in_video_iterator(session, tiny_clip))
        logits = [
            tiny_processor.post_process_masks([o.pred_masks], [o.original_size], binarize=False)[0] for o in outputs
        ]
        alone = np.stack([frame[0].numpy() for frame in logits])
        sure = np.abs(alone) > 1e-3  # together and alone differ by less
        predicted = found[row["expression_id"]]
        np.testing.assert_array_equal(masks_of(predicted)[sure], (alone > 0)[sure])
        np.testing.assert_allclose(predicted.scores, [float(o.iou_scores[0]) for o in outputs], atol=1e-4)
        shares.append((alone > 0).mean())
    assert all(0 < share < 1 for share in shares)


def test_each_frame_is_decoded_once_for_all_expressions(model, tiny_processor, rows, monkeypatch):
    decoded = []
    decode = decoding.decode_frames
    monkeypatch.setattr(decoding, "decode_frames", lambda row: decoded.extend(row["frame_names"]) or decode(row))
    segment_rows(model, tiny_processor, rows)
    assert decoded == [f"{t:05d}" for t in range(5)]


def test_rows_of_other_frames_are_segmented_on_theirs(model, tiny_processor, rows):
    part = rows[1] | {"frame_names": ["00001", "00003"]}
    found = segment_rows(model, tiny_processor, [rows[0], part])
    assert [len(found[key].masks) for key in ("0", "1")] == [5, 2]
    alone = segment_rows(model, tiny_processor, [part])["1"]
    assert found["1"].masks == alone.masks


def test_expressions_of_an_annotator_compete_for_each_pixel(model, tiny_processor, rows):
    free = {key: masks_of(found) for key, found in segment_rows(model, tiny_processor, rows).items()}
    assert (free["0"] & free["1"]).any()
    rows = [row | {"annotator": annotator} for row, annotator in zip(rows, (0, 0, 1), strict=True)]
    found = segment_rows(model, tiny_processor, rows, one_label_a_pixel=True)
    masks = {key: masks_of(predicted) for key, predicted in found.items()}
    assert not (masks["0"] & masks["1"]).any()
    np.testing.assert_array_equal(masks["0"] | masks["1"], free["0"] | free["1"])
    np.testing.assert_array_equal(masks["2"], free["2"])  # another annotator's takes nothing from them


def test_chunks_change_nothing(model, tiny_processor, rows):
    ones, threes = (segment_rows(model, tiny_processor, rows, chunk_size=size) for size in (1, 3))
    for key in ones:
        assert (masks_of(ones[key]) != masks_of(threes[key])).mean() < 1e-3


def test_a_frame_that_is_gone_is_an_error(model, tiny_processor, rows):
    with pytest.raises(VideoError, match="video 'boxes' of ref_davis17: frame '00009'"):
        segment_rows(model, tiny_processor, [rows[0] | {"frame_names": ["00000", "00009"]}])
