import numpy as np
from PIL import Image

from refsam_hf.evaluation.predictions import open_predictions
from refsam_hf.evaluation.protocols import protocol_of


def test_the_masks_of_each_annotator_are_read(rows, write_label_maps, assert_true):
    source = open_predictions(write_label_maps())
    predictions, notes = source.predict(rows)
    assert_true({row["expression_id"]: predictions[row["expression_id"]] for row in rows}, rows)
    assert notes == []
    assert source.video_ids() == {"boxes"}


def test_an_annotator_that_is_missing_scores_0_and_a_label_too_much_is_listed(rows, write_label_maps, truth_of):
    folder = write_label_maps((0,))
    path = folder / "anno_0" / "boxes" / "00002.png"
    labels = np.array(Image.open(path))
    labels[0, 10:12] = 7
    Image.fromarray(labels).save(path)
    predictions, notes = open_predictions(folder).predict(rows)
    assert set(predictions) == {"0", "4"}
    assert notes == [
        "anno_0: handed in, but of no expression, and not scored: label 7",
        "not handed in: expressions 1, 5",
    ]
    protocol = protocol_of("ref_davis17")
    table = protocol.summarise(protocol.score_video(rows, predictions, truth_of))
    assert [table[f"annotator {k}"]["j_and_f"] for k in (0, 1)] == [1, 0]
    assert table["mean"]["j_and_f"] == 0.5
