"""Frame embeddings in place of frames: the same results; of some cells alone, what these cells give."""

import pytest
import torch

from refsam_hf.cells import cell_centres
from refsam_hf.outputs import RefSamFrameEmbeddings

PHASES = ((1, 0), (0, 1))  # of the two clips: the first row and column of every second


@pytest.fixture(scope="module")
def model(tiny_model):
    """Not to be changed by a test."""
    return tiny_model()


@pytest.fixture
def clips(tiny_inputs):
    """Two clips of three frames, two expressions."""
    return {name: torch.cat([value, value.flip(1)]) for name, value in tiny_inputs.items()}


@pytest.fixture
def frames(model, clips):
    with torch.no_grad():
        return model.get_frame_embeddings(clips.pop("pixel_values").flatten(0, 1))


def some_cells(frames):
    """Of the 6 x 6 cells of 2 x 3 frames, every second row and column, from the phase of the clip on."""
    visual, levels, centres = [], [], []
    for clip, (row, column) in enumerate(PHASES):
        rows, columns = slice(row, None, 2), slice(column, None, 2)
        of_clip = frames.frames(3 * clip, 3 * clip + 3)
        visual.append(of_clip.visual_embedding[:, :, rows, columns])
        levels.append(torch.stack(of_clip.intermediate_embeddings)[:, :, rows, columns])
        centres.append(cell_centres(6, 6)[rows, columns].expand(3, -1, -1, -1))
    levels = tuple(torch.cat(levels, dim=1))
    return RefSamFrameEmbeddings(torch.cat(visual), levels, cell_centres=torch.cat(centres))


def test_they_give_what_the_frames_give_bit_for_bit(model, clips, tiny_inputs):
    labels = (torch.rand(2, 2, 3, 48, 48, generator=torch.Generator().manual_seed(2)) > 0.6).long()
    words_seen = torch.tensor([[[True, False, True], [True, True, True]]]).repeat(2, 1, 1)
    others = {**clips, "labels": labels, "words_seen": words_seen}
    frames = others.pop("pixel_values")
    with torch.no_grad():
        expected = model(pixel_values=frames, **others)
        output = model(frame_embeddings=model.get_frame_embeddings(frames.flatten(0, 1)), **others)
    for name in ("loss", "pred_masks", "iou_scores", "track_tokens"):
        assert torch.equal(output[name], expected[name]), name


def test_they_may_be_kept_in_half_precision(model, clips, frames):
    half = frames.to(torch.float16)
    assert half.intermediate_embeddings[0].dtype == torch.float16
    with torch.no_grad():
        output, expected = model(frame_embeddings=half, **clips), model(frame_embeddings=frames, **clips)
    assert output.pred_masks.dtype == torch.float32
    torch.testing.assert_close(output.pred_masks, expected.pred_masks, atol=0.05, rtol=0)


def test_some_cells_are_what_plain_indexing_gives(model, clips, frames):
    """Clip by clip, from the dense embeddings and the positions of all cells."""
    kept = some_cells(frames)
    output = model(frame_embeddings=kept, **clips)
    assert output.pred_masks.shape == (2, 2, 3, 12, 12)
    positions = model.get_image_positional_embeddings(6, 6)
    for clip, (row, column) in enumerate(PHASES):
        text = model.get_text_embeddings(clips["input_ids"][clip], clips["attention_mask"][clip])
        text = text.unflatten((1, 2))
        token = None
        for t in range(3):
            whole = frames.frames(3 * clip + t, 3 * clip + t + 1)
            masks, scores, mask_token = model.mask_decoder(
                image_embeddings=whole.visual_embedding[:, :, row::2, column::2],
                image_positional_embeddings=positions[:, :, row::2, column::2],
                sparse_embeddings=text.words,
                sparse_mask=text.attention_mask,
                track_token=token,
                dense_embeddings=model._dense_embeddings(whole, text)[..., row::2, column::2],
            )
            token = model.implicit_tracking(mask_token, token)
            torch.testing.assert_close(output.pred_masks[clip, :, t], masks[0], atol=1e-4, rtol=0)
            torch.testing.assert_close(output.iou_scores[clip, :, t], scores[0], atol=1e-4, rtol=0)
        torch.testing.assert_close(output.track_tokens[clip], token[0], atol=1e-4, rtol=0)


def changed(**changes):
    def change(frames):
        return RefSamFrameEmbeddings(**{**frames, **{name: value(frames[name]) for name, value in changes.items()}})

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frames: frames.frames(0, 5), r"the same number of frames of 2 clips, got 5 in all"),
        (lambda frames: frames.frames(0, 0), "at least one frame and one expression"),
        (
            changed(visual_embedding=lambda visual: visual[:, :30]),
            r"visual_embedding: expected the shape \(6, 32, 6, 6\), got \(6, 30, 6, 6\)",
        ),
        (
            lambda frames: RefSamFrameEmbeddings(**{**some_cells(frames), "cell_centres": None}),
            r"visual_embedding: expected the shape \(6, 32, 6, 6\), got \(6, 32, 3, 3\)",
        ),
        (
            changed(intermediate_embeddings=lambda levels: levels[:1]),
            "intermediate_embeddings: expected 2, got 1",
        ),
        (
            changed(intermediate_embeddings=lambda levels: tuple(level[..., :20] for level in levels)),
            r"intermediate_embeddings: expected the shape \(6, 6, 6, 24\), got \(6, 6, 6, 20\)",
        ),
        (
            lambda frames: changed(cell_centres=lambda centres: centres[:3])(some_cells(frames)),
            r"cell_centres: expected the shape \(6, 3, 3, 2\), got \(3, 3, 3, 2\)",
        ),
    ],
)
def test_embeddings_that_do_not_fit_are_named(model, clips, frames, change, message):
    with pytest.raises(ValueError, match=message):
        model(frame_embeddings=change(frames), **clips)


def test_frames_are_given_in_one_way(model, tiny_inputs):
    frames = model.get_frame_embeddings(tiny_inputs["pixel_values"][0])
    with pytest.raises(ValueError, match="expected one of pixel_values and frame_embeddings, got both"):
        model(frame_embeddings=frames, **tiny_inputs)
