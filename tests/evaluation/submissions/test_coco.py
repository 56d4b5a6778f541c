import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from refsam_hf.evaluation.predictions import open_predictions
from refsam_hf.evaluation.protocols import protocol_of
from refsam_hf.evaluation.submissions import write_submission
from refsam_hf.video.errors import VideoError


def moved(labels, label, by):
    return np.roll(labels == label, by, axis=(1, 2))


def test_the_tools_of_coco_read_both_files_and_find_our_map(tmp_path, make_row, labels, predicted, truth_of):
    rows = [make_row("0", [1]), make_row("1", [2])]
    predictions = {
        "0": predicted(moved(labels, 1, (1, 0)), [0.9, 0.2, 0.8, 0.7, 0.3]),
        "1": predicted(moved(labels, 2, (2, 1)), [0.5, 0.6, 0.1, 0.4, 0.95]),
    }
    results, truth = write_submission(
        tmp_path / "out.json", "a2d_sentences", {"boxes": rows}, lambda rows: predictions, truth_of
    )
    assert (results.name, truth.name) == ("out.json", "out.ground_truth.json")
    coco = COCO(str(truth))
    evaluation = COCOeval(coco, coco.loadRes(str(results)), "segm")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()

    protocol = protocol_of("a2d_sentences")
    without_void = lambda row: (truth_of(row)[0], np.zeros_like(truth_of(row)[1]))  # noqa: E731  COCO knows no void
    found, _ = open_predictions(results).predict(rows)
    table = protocol.summarise(protocol.score_video(rows, found, without_void))
    assert table["all"]["map"] == pytest.approx(evaluation.stats[0], abs=1e-9)
    assert 0 < evaluation.stats[0] < 1


def test_the_ids_of_jhmdb_name_no_expression_and_so_stand_for_one(tmp_path, make_row, right, truth_of):
    row = make_row("0", [1], benchmark="jhmdb_sentences")
    paths = write_submission(tmp_path / "out.json", "jhmdb_sentences", {"boxes": [row]}, right, truth_of)
    results, truth = (json.loads(path.read_text()) for path in paths)
    expected = [f"v_boxes_f_{t}" for t in range(5)]
    assert [entry["image_id"] for entry in results] == [image["id"] for image in truth["images"]] == expected
    with pytest.raises(VideoError, match="got 'v_boxes_f_0' twice"):
        write_submission(tmp_path / "2.json", "jhmdb_sentences", {"boxes": [row, row | {"expression_id": "1"}]}, right)
    assert not (tmp_path / "2.json").exists()


def test_without_masks_there_is_no_ground_truth(tmp_path, make_row, right):
    videos = {"boxes": [make_row("0", [1])]}
    assert write_submission(tmp_path / "out.json", "refcoco", videos, right) == [tmp_path / "out.json"]
    entries = json.loads((tmp_path / "out.json").read_text())
    assert [entry["image_id"] for entry in entries] == [f"v_boxes_f_{t}_i_0" for t in range(5)]
    assert set(entries[0]) == {"image_id", "category_id", "segmentation", "score"}
