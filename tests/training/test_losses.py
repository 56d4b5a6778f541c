"""The losses: by hand, against the authors' own, and what must not count."""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from refsam_hf.training.losses import IGNORE_INDEX, dice_loss, iou_score_loss, segmentation_loss, sigmoid_focal_loss

REFERENCE = Path(__file__).parents[1] / "fixtures" / "official_modules.safetensors"


def test_dice_by_hand():
    logits = torch.tensor([[0.0, 0.0], [20.0, -20.0]])
    labels = torch.tensor([[1, 0], [1, 0]])
    # p = 1/2 twice: 1 - (2 * 0.5 + 1) / (1 + 1 + 1)
    assert dice_loss(logits, labels).tolist() == pytest.approx([1 / 3, 0.0], abs=1e-6)


def test_focal_by_hand():
    logits = torch.tensor([[0.0, 0.0]])
    labels = torch.tensor([[1, 0]])
    log2 = torch.tensor(2.0).log().item()
    assert sigmoid_focal_loss(logits, labels).item() == pytest.approx((0.25 + 0.75) * 0.25 * log2 / 2)


def test_a_confident_error_costs_more_than_a_doubt():
    labels = torch.tensor([[1.0, 1.0]])
    doubt, error = sigmoid_focal_loss(torch.zeros(1, 2), labels), sigmoid_focal_loss(torch.full((1, 2), -5.0), labels)
    assert error > 10 * doubt


@pytest.mark.parametrize("loss", [dice_loss, sigmoid_focal_loss])
def test_ignored_pixels_do_not_count(loss):
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(3, 20, generator=generator), torch.randint(0, 2, (3, 20), generator=generator)
    valid = torch.ones(3, 20, dtype=torch.bool)
    valid[:, 12:] = False
    labels[:, 12:] = IGNORE_INDEX
    logits[:, 15:] = 50.0
    torch.testing.assert_close(loss(logits, labels, valid), loss(logits[:, :12], labels[:, :12]))
    assert torch.equal(loss(logits, labels, torch.zeros_like(valid)), torch.zeros(3))


def batch(expressions=2):
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, expressions, 3, 4, 4, generator=generator)
    labels = torch.randint(0, 2, (2, expressions, 3, 8, 8), generator=generator, dtype=torch.uint8)
    return logits, labels


def test_the_mean_of_dice_and_focal_over_frames_expressions_and_clips():
    logits, labels = batch()
    rows = torch.nn.functional.interpolate(logits.flatten(0, 2)[:, None], size=(8, 8), mode="bilinear").flatten(1)
    targets = labels.flatten(0, 2).flatten(1)
    expected = dice_loss(rows, targets).mean() + sigmoid_focal_loss(rows, targets).mean()
    torch.testing.assert_close(segmentation_loss(logits, labels, torch.ones(2, 2)), expected)


def test_padded_expressions_change_nothing_and_get_no_gradient():
    logits, labels = batch()
    padded_logits = torch.cat([logits, torch.full_like(logits[:, :1], float("nan"))], dim=1).requires_grad_()
    padded_labels = torch.cat([labels, torch.full_like(labels[:, :1], IGNORE_INDEX)], dim=1)
    mask = torch.tensor([[1, 1, 0], [1, 1, 0]])
    loss = segmentation_loss(padded_logits, padded_labels, mask)
    assert torch.equal(loss, segmentation_loss(logits, labels))
    loss.backward()
    assert padded_logits.grad[:, :2].abs().sum() > 0
    assert torch.equal(padded_logits.grad[:, 2], torch.zeros_like(padded_logits.grad[:, 2]))


def test_a_frame_without_labels_is_left_out_of_the_mean():
    logits, labels = batch()
    labels[:, :, 2] = IGNORE_INDEX
    torch.testing.assert_close(
        segmentation_loss(logits, labels), segmentation_loss(logits[:, :, :2], labels[:, :, :2])
    )


@pytest.mark.parametrize("empty", ["expressions", "labels"])
def test_nothing_to_learn_is_zero_and_not_nan(empty):
    logits, labels = batch()
    logits.requires_grad_()
    mask = torch.ones(2, 2)
    if empty == "expressions":
        mask[:] = 0
    else:
        labels[:] = IGNORE_INDEX
    loss = segmentation_loss(logits, labels, mask)
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(logits.grad, torch.zeros_like(logits))


def test_half_precision_logits_give_a_float32_loss():
    logits, labels = batch()
    loss = segmentation_loss(logits.bfloat16(), labels)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(segmentation_loss(logits, labels).item(), abs=5e-3)


def test_shapes_that_do_not_belong_together():
    logits, labels = batch()
    with pytest.raises(ValueError, match=r"agree in B, E and T.*\(2, 2, 3, 4, 4\) and \(2, 1, 3, 8, 8\)"):
        segmentation_loss(logits, labels[:, :1])
    with pytest.raises(ValueError, match=r"expression_mask must be \(B, E\) = \(2, 2\), got \(2, 3\)"):
        segmentation_loss(logits, labels, torch.ones(2, 3))


def test_iou_scores_are_those_of_the_masks_and_do_not_teach_them():
    labels = torch.zeros(1, 2, 2, 4, 4, dtype=torch.uint8)
    labels[0, 0, 0, :2] = 1
    labels[0, 0, :, :, 3] = IGNORE_INDEX
    labels[0, 1] = IGNORE_INDEX  # padding
    logits = torch.full((1, 2, 2, 4, 4), -1.0)
    logits[0, 0, 0, 1:3] = 1.0  # rows 1 and 2 where rows 0 and 1 are true: IoU 1/3; frame 1: rightly nothing, 1
    logits.requires_grad_()
    scores = torch.full((1, 2, 2), 0.5, requires_grad=True)
    loss = iou_score_loss(logits, scores, labels, torch.tensor([[1, 0]]))
    assert loss.item() == pytest.approx(((0.5 - 1 / 3) ** 2 + 0.5**2) / 2)
    loss.backward()
    assert logits.grad is None
    assert scores.grad[0, 0].tolist() == pytest.approx([0.5 - 1 / 3, -0.5])
    assert scores.grad[0, 1].tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"iou_scores must be \(B, E, T\) = \(1, 2, 2\), got \(2, 2\)"):
        iou_score_loss(logits, scores[0], labels)


@pytest.mark.reference
def test_the_authors_losses():
    values = load_file(os.environ.get("REFSAM_REFERENCE", REFERENCE))
    logits, labels = values["loss.logits"], values["loss.labels"]
    dice, focal = dice_loss(logits, labels).sum(), sigmoid_focal_loss(logits, labels).sum()
    torch.testing.assert_close(dice.reshape(-1), values["loss.dice_sum"].reshape(-1), atol=2e-5, rtol=0)
    torch.testing.assert_close(focal.reshape(-1), values["loss.focal_sum"].reshape(-1), atol=2e-5, rtol=0)
