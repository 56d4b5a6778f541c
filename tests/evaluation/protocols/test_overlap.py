import numpy as np
import pytest

from refsam_hf.evaluation.protocols import protocol_of
from refsam_hf.evaluation.protocols.average_precision import mean_average_precision


@pytest.mark.parametrize("benchmark", ["a2d_sentences", "jhmdb_sentences", "refcoco", "refcoco+", "refcocog"])
def test_the_truth_scores_1_and_nothing_scores_0(benchmark, make_row, labels, truth_of, predicted):
    protocol = protocol_of(benchmark)
    rows = [make_row("0", [1]), make_row("1", [2])]
    right = {row["expression_id"]: predicted(labels == row["object_ids"][0]) for row in rows}
    table = protocol.summarise(protocol.score_video(rows, right, truth_of))
    assert table["all"].pop("samples") == 10
    assert set(table["all"].values()) == {1.0}
    table = protocol.summarise(protocol.score_video(rows, {}, truth_of))
    assert table["all"].pop("samples") == 10
    assert set(table["all"].values()) == {0.0}


def test_sums_and_means_are_what_they_are_called(make_row, labels, truth_of, predicted):
    protocol = protocol_of("refcoco")
    rows = [make_row("0", [1], frame_names=["00000"]), make_row("1", [2], frame_names=["00000"])]
    half = labels[:1] == 1
    half[0, 9:] = False  # 5 of 10 rows: an IoU of exactly a half
    table = protocol.summarise(
        protocol.score_video(rows, {"0": predicted(half), "1": predicted(labels[:1] == 2)}, truth_of)
    )["all"]
    assert table["overall_iou"] == pytest.approx((50 + 112) / (100 + 112))
    assert table["mean_iou"] == pytest.approx(0.75)
    assert table["p_0.5"] == 0.5  # strictly above
    assert table["p_0.9"] == 0.5


@pytest.mark.parametrize("scores", [None, [0.9] * 5])
def test_a_frame_that_was_not_handed_in_is_no_wrong_prediction(scores, make_row, labels, truth_of, predicted):
    protocol = protocol_of("a2d_sentences")
    rows = [make_row("0", [1]), make_row("1", [2])]
    found = {row["expression_id"]: predicted(labels == row["object_ids"][0], scores) for row in rows}
    found["0"].masks[0] = None
    table = protocol.summarise(protocol.score_video(rows, found, truth_of))["all"]
    assert (table["samples"], table["mean_iou"]) == (10, 0.9)
    assert table["map"] == pytest.approx(91 / 101)  # right up to a recall of 0.9; COCO reads it off at 101 places


def test_average_precision_is_that_of_the_coco_code():
    coco = pytest.importorskip("pycocotools.cocoeval")
    from pycocotools.coco import COCO

    from refsam_hf.evaluation.region_similarity import region_similarity
    from refsam_hf.video.rle import encode_rle

    rng = np.random.default_rng(3)
    images, annotations, found, overlaps, confidence = [], [], [], [], []
    for number in range(1, 31):
        truth = np.zeros((40, 40), np.bool_)
        truth[5:25, 5:25] = True
        guess = np.roll(truth, int(rng.integers(0, 8)), axis=1)
        images.append({"id": number, "height": 40, "width": 40})
        rle = encode_rle(truth)
        box = [5, 5, 20, 20]
        annotations.append(
            {"id": number, "image_id": number, "category_id": 1, "iscrowd": 0, "area": 400, "bbox": box}
            | {"segmentation": rle}
        )
        if number % 5 == 0:
            continue  # nothing was predicted
        confidence.append(float(rng.random()))
        overlaps.append(region_similarity(guess, truth))
        found.append(
            {"image_id": number, "category_id": 1, "segmentation": encode_rle(guess), "score": confidence[-1]}
        )
    dataset = COCO()
    dataset.dataset = {"images": images, "annotations": annotations, "categories": [{"id": 1}], "info": {}}
    dataset.createIndex()
    evaluation = coco.COCOeval(dataset, dataset.loadRes(found), iouType="segm")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    ours = mean_average_precision(overlaps, confidence, targets=30)
    assert 0.1 < ours < 0.9
    assert ours == pytest.approx(evaluation.stats[0], abs=1e-9)


def test_counts_that_do_not_fit_are_errors():
    with pytest.raises(ValueError, match="got 2 overlaps, 1 confidences and 3 targets"):
        mean_average_precision([0.5, 0.5], [1.0], targets=3)
