import numpy as np
import pytest
import torch
from PIL import Image

from refsam_hf import RefSamVideoProcessor

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
SIZES = {
    "landscape": (30, 40, 36, 48),
    "portrait": (40, 30, 48, 36),
    "square": (20, 20, 48, 48),
    "larger than the model's": (90, 160, 27, 48),
    "as large as the model's": (48, 48, 48, 48),
    "odd": (33, 47, 34, 48),
    "a strip": (8, 700, 1, 48),
}


@pytest.fixture(scope="module")
def video_processor():
    return RefSamVideoProcessor(image_size=48)


def ellipse(height, width):
    """A mask in the upper left of a frame, bool (H, W)."""
    rows, columns = np.mgrid[:height, :width]
    return ((rows / height - 0.4) / 0.3) ** 2 + ((columns / width - 0.45) / 0.35) ** 2 < 1


def iou(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize(("height", "width", "rows", "columns"), SIZES.values(), ids=SIZES)
def test_frames_of_any_size(video_processor, height, width, rows, columns):
    """One colour stays that colour; the rest of the square, at the right and at the bottom, is zero."""
    frame = np.full((height, width, 3), (200, 100, 50), dtype=np.uint8)
    inputs = video_processor(frame[None])
    pixels = inputs["pixel_values"]
    assert pixels.shape == (1, 1, 3, 48, 48)
    assert pixels.dtype == torch.float32
    assert inputs["original_sizes"] == [(height, width)]
    colour = torch.from_numpy((np.array([200, 100, 50]) / 255 - MEAN) / STD).float()
    expected = colour[:, None, None].expand(3, rows, columns)
    torch.testing.assert_close(pixels[0, 0, :, :rows, :columns], expected, atol=1e-4, rtol=0)
    assert not pixels[0, 0, :, rows:].any()
    assert not pixels[0, 0, :, :, columns:].any()


def test_resizing_is_antialiased(video_processor):
    """A chessboard of single pixels becomes gray, and no pattern of its own."""
    board = np.indices((144, 144)).sum(axis=0) % 2 * 255
    pixels = video_processor(np.repeat(board[None, ..., None], 3, axis=3).astype(np.uint8))["pixel_values"]
    gray = pixels[0, 0] * torch.tensor(STD)[:, None, None] + torch.tensor(MEAN)[:, None, None]
    assert (gray[:, 2:-2, 2:-2] - 0.5).abs().max() < 0.1


def test_frames_as_they_come(video_processor, tiny_clip):
    """Arrays, lists, PIL images, tensors, floats, an iterator, and one still image: the same pixels."""
    expected = video_processor(tiny_clip)
    assert expected["original_sizes"] == [(30, 40)] * 5
    channels_first = torch.from_numpy(tiny_clip).permute(0, 3, 1, 2)
    for video in (
        list(tiny_clip),
        tuple(tiny_clip),
        iter(tiny_clip),
        [Image.fromarray(frame) for frame in tiny_clip],
        torch.from_numpy(tiny_clip),
        list(channels_first),
        tiny_clip / 255,
    ):
        inputs = video_processor(video)
        assert torch.equal(inputs["pixel_values"], expected["pixel_values"])
        assert inputs["original_sizes"] == expected["original_sizes"]
    still = video_processor(Image.fromarray(tiny_clip[0]))["pixel_values"]
    assert torch.equal(still, expected["pixel_values"][:, :1])


def test_a_path(video_processor, tiny_clip, tmp_path):
    Image.fromarray(tiny_clip[0]).save(tmp_path / "frame.png")
    expected = video_processor(tiny_clip[:1])["pixel_values"]
    assert torch.equal(video_processor(tmp_path / "frame.png")["pixel_values"], expected)
    with pytest.raises(OSError, match=r"nowhere\.mp4"):
        video_processor(tmp_path / "nowhere.mp4")


def test_a_list_may_hold_frames_of_different_sizes(video_processor):
    frames = [np.full((height, width, 3), 90, dtype=np.uint8) for height, width, _, _ in SIZES.values()]
    inputs = video_processor(frames)
    assert inputs["pixel_values"].shape == (1, len(SIZES), 3, 48, 48)
    assert inputs["original_sizes"] == [size[:2] for size in SIZES.values()]
    for index, frame in enumerate(frames):
        assert torch.equal(inputs["pixel_values"][:, index], video_processor(frame[None])["pixel_values"][:, 0])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (np.zeros((30, 40), np.uint8), r"got \(30, 40\)"),
        (np.zeros((30, 40, 4), np.uint8), r"got \(30, 40, 4\)"),
        (np.zeros((30, 40, 3), np.int32), "got int32"),
        (np.full((30, 40, 3), np.nan), "got NaN or infinity"),
        (np.full((30, 40, 3), 200.0), r"float values in \[0, 1\]"),
        (np.zeros((1, 4000, 3), np.uint8), "at least 8 pixels on each side, got 1x4000"),
        (np.zeros((0, 40, 3), np.uint8), "at least 8 pixels on each side, got 0x40"),
        ("frame.png", "expected a PIL image or an array .* got str"),
    ],
)
def test_a_frame_that_is_none_is_named(video_processor, tiny_clip, frame, message):
    with pytest.raises(ValueError, match=f"frame 2: .*{message}"):
        video_processor([tiny_clip[0], tiny_clip[1], frame])


def test_options_that_do_not_fit(video_processor, tiny_clip):
    with pytest.raises(ValueError, match="at least one frame"):
        video_processor([])
    with pytest.raises(ValueError, match="return_tensors: expected 'pt', got 'np'"):
        video_processor(tiny_clip, return_tensors="np")
    with pytest.raises(TypeError, match="image_sise"):
        video_processor(tiny_clip, image_sise=3)


@pytest.mark.parametrize(("height", "width", "rows", "columns"), SIZES.values(), ids=SIZES)
def test_labels_lie_where_the_frame_lies(video_processor, height, width, rows, columns):
    mask = ellipse(height, width)
    labels = video_processor.preprocess_masks(mask)
    assert labels.shape == (48, 48)
    assert labels.dtype == torch.uint8
    assert (labels[rows:] == 255).all()
    assert (labels[:, columns:] == 255).all()
    inside = labels[:rows, :columns]
    assert set(inside.unique().tolist()) <= {0, 1}
    if rows > 1:  # a strip of one row shows no ellipse
        drawn = np.repeat(mask[..., None] * np.uint8(255), 3, axis=2)
        pixels = video_processor(drawn[None])["pixel_values"][0, 0]
        seen = pixels[:, :rows, :columns].mean(dim=0) > (0.5 - MEAN.mean()) / STD.mean()
        assert iou(seen.numpy(), inside.numpy() == 1) > 0.93


def test_labels_of_many_expressions_and_frames(video_processor):
    masks = np.stack([np.stack([ellipse(30, 40), ~ellipse(30, 40), ellipse(30, 40)]) for _ in range(2)])
    labels = video_processor.preprocess_masks(masks)
    assert labels.shape == (2, 3, 48, 48)
    assert torch.equal(labels[1, 1], video_processor.preprocess_masks(~ellipse(30, 40)))
    numbers = masks.astype(np.int64)
    numbers[0, 0, :5] = 255
    assert (video_processor.preprocess_masks(numbers)[0, 0, :5, :40] == 255).all()


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (np.array([[0, 1], [2, 1]]), "expected 0, 1 or 255 .*got 2"),
        (np.full((4, 4), 256), "got 256"),
        (np.full((4, 4), 0.5), "got 0.5"),
        (np.ones(4, bool), r"got shape \(4,\)"),
        (np.ones((0, 4), bool), r"got shape \(0, 4\)"),
    ],
)
def test_masks_that_are_none_are_refused(video_processor, masks, message):
    with pytest.raises(ValueError, match=f"masks: .*{message}"):
        video_processor.preprocess_masks(masks)


@pytest.mark.parametrize(("height", "width"), [(90, 160), (160, 90), (100, 100), (97, 151), (33, 47), (20, 20)])
def test_a_mask_comes_back_at_the_frames_own_size(height, width):
    processor = RefSamVideoProcessor(image_size=96)
    mask = ellipse(height, width)
    labels = processor.preprocess_masks(mask)
    logits = torch.where(labels == 1, 4.0, -4.0)[None, None]
    logits = torch.nn.functional.avg_pool2d(logits, 2)[0]  # at half the size, as the model gives them
    (result,) = processor.post_process_masks([logits], [(height, width)])
    assert result.shape == (1, height, width)
    assert result.dtype == torch.bool
    assert iou(result[0].numpy(), mask) > 0.9
    # not shifted either
    for axis in (0, 1):
        centres = [np.nonzero(found)[axis].mean() for found in (result[0].numpy(), mask)]
        assert abs(centres[0] - centres[1]) < 0.02 * max(height, width)


@pytest.mark.parametrize(("height", "width"), [(24, 48), (96, 96), (48, 12)])
def test_logits_lie_where_the_pixels_lie(video_processor, height, width):
    """A ramp over the model's square is a ramp over the frame, read at the pixels' centres."""
    ramp = (torch.arange(24.0) + 0.5).expand(24, 24) * 2  # in pixels of the model's 48
    (columns,) = video_processor.post_process_masks([ramp], [(height, width)], binarize=False)
    (rows,) = video_processor.post_process_masks([ramp.T], [(height, width)], binarize=False)
    scale = 48 / max(height, width)
    for found, length in ((columns[0], width), (rows[:, 0], height)):
        expected = (torch.arange(float(length)) + 0.5) * scale
        inner = (expected > 2) & (expected < 46)  # outside of the outermost logits there is nothing to read between
        inner[-int(1 / scale) - 2 :] = False  # nor across the cut
        assert inner.sum() > 5
        torch.testing.assert_close(found[inner], expected[inner], atol=1e-4, rtol=0)


def test_post_processing(video_processor):
    logits = torch.linspace(-2, 2, 24 * 24).reshape(1, 24, 24).repeat(2, 1, 1)
    sizes = [(30, 40), (90, 160), (40, 30)]
    results = video_processor.post_process_masks([logits] * 3, sizes)
    assert [tuple(result.shape) for result in results] == [(2, *size) for size in sizes]
    (soft,) = video_processor.post_process_masks([logits.bfloat16()], [(30, 40)], binarize=False)
    assert soft.dtype == torch.float32
    assert torch.equal(video_processor.post_process_masks([logits.bfloat16()], [(30, 40)])[0], soft > 0)
    (strict,) = video_processor.post_process_masks([logits], [(30, 40)], mask_threshold=1.0)
    assert 0 < strict.sum() < results[0].sum()
    with pytest.raises(ValueError, match="one size per frame, got 1 masks and 2 sizes"):
        video_processor.post_process_masks([logits], [(30, 40)] * 2)
