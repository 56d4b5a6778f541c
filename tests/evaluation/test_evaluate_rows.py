"""Runs that are killed, runs of several processes, and videos that fail."""

import multiprocessing
import os
import signal
import traceback
from dataclasses import replace

import numpy as np
import pytest

from refsam_hf.evaluation import evaluate_rows as module
from refsam_hf.evaluation.evaluate_rows import by_video, evaluate_rows
from refsam_hf.evaluation.protocols import protocol_of
from refsam_hf.evaluation.run_folder import RunFolder
from refsam_hf.evaluation.run_results import collect

VIDEOS = ("a", "b", "c", "d", "e")
PROTOCOL = protocol_of("mevis")


@pytest.fixture
def videos(make_row, monkeypatch, truth_of):
    """Two rows of each of five videos, whose truth is the clip of boxes."""
    monkeypatch.setattr(module, "decode_masks", truth_of)
    return by_video(make_row(key, [int(key)], video_id=video) for video in VIDEOS for key in "12")


@pytest.fixture
def predict(labels, predicted):
    """The true masks, moved further from video to video."""

    def found(rows):
        by = VIDEOS.index(rows[0]["video_id"])
        return {
            row["expression_id"]: predicted(np.roll(labels == row["object_ids"][0], by, axis=2)) for row in rows
        }, []

    return found


@pytest.fixture
def uninterrupted(tmp_path, videos, predict):
    folder = RunFolder(tmp_path / "uninterrupted", {})
    evaluate_rows(videos, predict, PROTOCOL, folder)
    return collect(folder, videos, PROTOCOL)


def in_process(work, *arguments):
    """A real process that does `work`; started, to be joined."""

    def run():
        try:
            work(*arguments)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=run, daemon=True)  # ends with the tests at the latest
    process.start()
    return process


def test_a_killed_run_goes_on_with_what_is_missing(tmp_path, videos, predict, uninterrupted):
    def killed():
        def until_c(rows):
            if rows[0]["video_id"] == "c":
                os.kill(os.getpid(), signal.SIGKILL)
            return predict(rows)

        evaluate_rows(videos, until_c, PROTOCOL, RunFolder(tmp_path / "run", {}))

    process = in_process(killed)
    process.join(timeout=60)
    assert process.exitcode == -signal.SIGKILL
    asked = []
    folder = RunFolder(tmp_path / "run", {})
    evaluate_rows(videos, lambda rows: (asked.append(rows[0]["video_id"]), predict(rows))[1], PROTOCOL, folder)
    assert asked == ["c", "d", "e"]
    results = collect(folder, videos, PROTOCOL)
    assert results.table == uninterrupted.table
    assert results.items == uninterrupted.items
    assert 0 < results.table["all"]["j_and_f"] < 1


def test_two_processes_share_the_videos(tmp_path, videos, predict, uninterrupted):
    def work(rank):
        from accelerate.state import PartialState

        PartialState._reset_state()
        os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2", LOCAL_WORLD_SIZE="2")
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))

        def marked(rows):
            (tmp_path / f"{rows[0]['video_id']}-{rank}").touch()
            return predict(rows)

        evaluate_rows(videos, marked, PROTOCOL, folder)
        assert collect(folder, videos, PROTOCOL).items == uninterrupted.items  # all are done when one returns

    folder = RunFolder(tmp_path / "run", {})
    port = _free_port()
    processes = [in_process(work, rank) for rank in range(2)]
    for process in processes:
        process.join(timeout=90)
    assert [process.exitcode for process in processes] == [0, 0]
    assert sorted(path.name for path in tmp_path.glob("?-?")) == ["a-0", "b-1", "c-0", "d-1", "e-0"]


def _free_port():
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    "error", [ValueError("broken"), OSError("broken"), RuntimeError("broken"), MemoryError("broken")]
)
def test_a_video_that_fails_costs_the_others_nothing(error, tmp_path, videos, predict):
    def failing(rows):
        if rows[0]["video_id"] == "b":
            raise error
        return predict(rows)

    folder = RunFolder(tmp_path / "run", {})
    evaluate_rows(videos, failing, PROTOCOL, folder)
    results = collect(folder, videos, PROTOCOL)
    assert results.failed == {"b": "broken"}
    assert {item["video_id"] for item in results.items} == {"a", "c", "d", "e"}
    assert results.table["all"]["expressions"] == 8
    evaluate_rows(videos, predict, PROTOCOL, folder)  # what was mended is tried again
    assert collect(folder, videos, PROTOCOL).failed == {}


def test_a_mask_of_another_size_fails_its_video(tmp_path, videos, predict, predicted):
    def small(rows):
        found, _ = predict(rows)
        return found | {"1": predicted(np.zeros((5, 15, 20), bool))} if rows[0]["video_id"] == "a" else found, []

    folder = RunFolder(tmp_path / "run", {})
    evaluate_rows(videos, small, PROTOCOL, folder)
    results = collect(folder, videos, PROTOCOL)
    assert list(results.failed) == ["a"]
    assert "expression '1', frame 00000: expected a mask of the ground truth's size, 30x40" in results.failed["a"]


def test_videos_without_public_masks_are_predicted_and_not_scored(tmp_path, videos, predict):
    hidden = {video: [row | {"masks": ""} for row in rows] for video, rows in videos.items()}
    folder = RunFolder(tmp_path / "run", {})
    evaluate_rows(hidden, predict, PROTOCOL, folder)
    results = collect(folder, hidden, PROTOCOL)
    assert (results.table, results.hidden, results.failed) == ({}, 5, {})
    assert len(list((folder.path / "predictions").iterdir())) == 5


def test_a_video_that_shows_no_object_is_not_called_hidden(tmp_path, videos, predict):
    """So Ref-DAVIS17's protocol has it of one whose first frame is empty."""
    nothing = lambda rows, *others: [] if rows[0]["video_id"] == "b" else PROTOCOL.score_video(rows, *others)  # noqa: E731
    protocol = replace(PROTOCOL, score_video=nothing)
    folder = RunFolder(tmp_path / "run", {})
    shown = videos | {"e": [row | {"masks": ""} for row in videos["e"]]}
    evaluate_rows(shown, predict, protocol, folder)
    results = collect(folder, shown, protocol)
    assert (results.hidden, results.without_objects) == (1, 1)
    assert results.unscored == [
        "1 videos were not scored: their masks are not public",
        "1 videos were not scored: there is no object to score (of Ref-DAVIS17: in the first frame)",
    ]
