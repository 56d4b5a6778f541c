import numpy as np
import pytest
from PIL import Image

from refsam_hf.evaluation.predictions import label_map_folders as module
from refsam_hf.evaluation.predictions import open_predictions
from refsam_hf.evaluation.protocols import protocol_of
from refsam_hf.video.image_files import read_label_map


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
    assert set(predictions) == {"0", "4", "anno_0/7"}
    assert notes == [
        "anno_0: handed in, but of no expression (so only a proposal): label 7",
        "not handed in: expressions 1, 5",
    ]
    protocol = protocol_of("ref_davis17")
    table = protocol.summarise(protocol.score_video(rows, predictions, truth_of))
    assert [table[f"annotator {k}"]["j_and_f"] for k in (0, 1)] == [1, 0]
    assert table["mean"]["j_and_f"] == 0.5


def relabel(folder, labels):
    """Writes label 1 and 2 of all maps as these."""
    for path in folder.glob("anno_*/boxes/*.png"):
        Image.fromarray(np.array([0, *labels], np.uint8)[np.array(Image.open(path))]).save(path)
    return folder


def test_which_labels_stand_for_the_objects_does_not_count_without_supervision(rows, write_label_maps, truth_of):
    source = open_predictions(relabel(write_label_maps(), (3, 4)))
    predictions, _ = source.predict(rows)
    items = protocol_of("ref_davis17").score_video(rows, predictions, truth_of)
    assert [(item["score"], item["matched"]) for item in items] == [(1, 3), (1, 4)] * 2
    semi = protocol_of("ref_davis17", "semi-supervised").score_video(rows, predictions, truth_of)
    assert [np.mean(item["j"]) for item in semi] == [0] * 4


def test_labels_up_to_the_largest_are_proposals_and_20_the_most(rows, write_label_maps, truth_of):
    folder = relabel(write_label_maps(), (3, 20))
    protocol = protocol_of("ref_davis17")
    items = protocol.score_video(rows, open_predictions(folder).predict(rows)[0], truth_of)
    assert [item["score"] for item in items] == [1] * 4
    path = folder / "anno_1" / "boxes" / "00003.png"
    labels = np.array(Image.open(path))
    labels[0, 0] = 21
    Image.fromarray(labels).save(path)
    with pytest.raises(ValueError, match="expected at most 20 objects in a clip, got 21"):
        protocol.score_video(rows, open_predictions(folder).predict(rows)[0], truth_of)


def test_a_map_is_decoded_once_whatever_it_shows(rows, write_label_maps, monkeypatch):
    decoded = []
    monkeypatch.setattr(module, "read_label_map", lambda path: decoded.append(path) or read_label_map(path))
    open_predictions(write_label_maps()).predict(rows)
    assert len(decoded) == len(set(decoded)) == 2 * 5
