"""Validation: a model that is right, one that does not listen, and the J of a training batch."""

from itertools import groupby
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from refsam_hf.benchmarks import decode_row, load_benchmark
from refsam_hf.benchmarks.shapes import MIX, iterate_shapes
from refsam_hf.training import validation
from refsam_hf.training.validation import batch_jaccard, flat, validate
from refsam_hf.training.validation_clips import VideoRows

SIZE = (48, 64)


class Oracle(torch.nn.Module):
    """Gives prepared masks, as logits of the padded square: for each expression those of the objects chosen."""

    def __init__(self, processor, choose):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.processor, self.choose = processor, choose
        self.modes, self.clip, self.expressions = [], None, []

    def forward(self, pixel_values, input_ids, attention_mask):
        self.modes.append(self.training)
        masks = np.stack([self.clip.masks_of(self.choose(e, self.clip)) for e in self.expressions])
        labels = self.processor.video_processor.preprocess_masks(masks)  # (E, T, S, S)
        logits = torch.where(labels == 1, 9.0, -9.0)[None]
        return SimpleNamespace(pred_masks=logits, iou_scores=torch.ones(logits.shape[:3]))

    def clips(self, count, **options):
        options = {"num_frames": 2, "size": SIZE, "kinds": ("appearance", "relation"), **options}
        for _, self.clip, self.expressions in iterate_shapes("val", num_clips=count, **options):
            yield self.clip, self.expressions


def test_the_true_masks_score_near_one(model_and_processor):
    oracle = Oracle(model_and_processor[1], lambda expression, clip: expression.object_ids)
    scores = validate(oracle, model_and_processor[1], oracle.clips(6))["all"]
    # the frames are 64 wide and the model sees 48
    assert scores["j"] > 0.75
    assert scores["f"] > 0.9
    assert scores["j_and_f"] == pytest.approx((scores["j"] + scores["f"]) / 2)
    assert scores["j_swapped"] < 0.05
    assert scores["expressions"] == 12
    assert oracle.modes == [False] * 6
    assert oracle.training


def test_every_kind_has_its_line(model_and_processor):
    oracle = Oracle(model_and_processor[1], lambda expression, clip: expression.object_ids)
    table = validate(oracle, model_and_processor[1], oracle.clips(20, num_frames=12, kinds=tuple(MIX)))
    assert list(table) == [*MIX, "all"]
    assert [table[kind]["expressions"] for kind in MIX] == [16, 10, 6, 4, 4]
    assert all(table[kind]["j"] > 0.7 for kind in MIX if kind != "absent")
    assert table["absent"]["empty"] == table["reappearance"]["hidden_empty"] == 1.0
    nothing = Oracle(model_and_processor[1], lambda expression, clip: ())
    lost = validate(nothing, model_and_processor[1], nothing.clips(4, num_frames=12, kinds=("motion", "reappearance")))
    assert lost["all"]["lost"] == 1.0
    assert lost["reappearance"]["j"] == lost["motion"]["j"] == 0.0
    assert lost["reappearance"]["hidden_empty"] == 1.0


def test_a_model_that_takes_everything_gets_as_much_when_expressions_are_swapped(model_and_processor):
    every = Oracle(model_and_processor[1], lambda expression, clip: tuple(range(1, len(clip.masks) + 1)))
    scores = validate(every, model_and_processor[1], every.clips(6))["all"]
    assert scores["j"] < 0.6
    assert scores["j_swapped"] == pytest.approx(scores["j"], abs=0.15)


def test_no_clip():
    with pytest.raises(ValueError, match="no clip"):
        validate(torch.nn.Linear(1, 1), None, [])


def test_a_real_model_runs_at_the_frames_own_size(model_and_processor):
    model, processor = model_and_processor
    drawn = [(clip, own) for _, clip, own in iterate_shapes("val", num_clips=1, num_frames=2, size=SIZE)]
    scores = validate(model, processor, drawn)
    assert set(scores) == {"appearance", "all"}
    assert all(0 <= value <= 1 for name, value in scores["all"].items() if name != "expressions")


class Process:
    """One of two processes, with what the other one sends."""

    num_processes = 2

    def __init__(self, rank):
        self.process_index = rank


def test_two_processes_share_the_clips(model_and_processor, monkeypatch):
    """The table is that of one process, and each clip is segmented once."""
    from refsam_hf.training import validation

    model, processor = model_and_processor
    options = {"num_clips": 3, "num_frames": 2, "size": SIZE, "kinds": ("appearance", "relation")}
    drawn = [(clip, own) for _, clip, own in iterate_shapes("val", **options)]
    alone, sent = validate(model, processor, drawn), []
    monkeypatch.setattr(validation, "gather_object", lambda scored: sent.append(scored) or scored)
    for rank in (0, 1):
        validate(model, processor, drawn, Process(rank))
    assert [[number for number, _ in scored] for scored in sent] == [[0, 2], [1]]
    monkeypatch.setattr(validation, "gather_object", lambda _: sent[1] + sent[0])
    assert validate(model, processor, drawn, Process(0)) == alone


def test_a_table_becomes_a_line_of_the_log():
    table = {
        "appearance": {"expressions": 4, "j": 0.1, "j_and_f": 0.2, "lost": 0.3},
        "reappearance": {"j_and_f": 0.4, "hidden_empty": 0.5},
        "absent": {"expressions": 2, "empty": 0.6},
        "all": {"expressions": 6, "j": 0.7, "j_and_f": 0.8},
    }
    assert flat(table) == {
        "expressions": 6,
        "j": 0.7,
        "j_and_f": 0.8,
        "appearance_j_and_f": 0.2,
        "reappearance_j_and_f": 0.4,
        "reappearance_hidden_empty": 0.5,
        "absent_empty": 0.6,
    }


def test_jaccard_of_a_batch():
    labels = torch.zeros(1, 2, 2, 4, 4, dtype=torch.uint8)
    labels[0, 0, 0, :2] = 1  # 8 pixels; half of them are found, and as many wrong ones
    labels[0, 0, 1] = 1
    labels[0, 1] = 255  # padding
    logits = torch.full((1, 2, 2, 4, 4), -1.0)
    logits[0, 0, 0, 1:3] = 1.0
    logits[0, 0, 1] = 1.0
    logits[0, 1] = 1.0
    assert batch_jaccard(logits, labels) == pytest.approx((4 / 12 + 1) / 2)
    labels[0, 0, 0, 2, 2:] = 255  # two of the wrong pixels are not asked for
    assert batch_jaccard(logits, labels) == pytest.approx((4 / 10 + 1) / 2)
    assert batch_jaccard(logits[:, 1:], labels[:, 1:]) is None


def rows_of(root, dataset="own_clips", frames=":"):
    rows = load_benchmark("own_clips", root, frames)
    return [VideoRows(dataset, list(group)) for _, group in groupby(rows, key=lambda row: row["video_id"])]


@pytest.fixture
def prepared(monkeypatch):
    """Lets `segment_video` give the true masks of the rows that `prepared` holds, moved by some columns."""
    asked = SimpleNamespace(rows=(), shift=0, texts=[])

    def segment(model, processor, frames, texts):
        asked.texts.append(texts)
        masks = np.stack([decode_row(row)["masks"] for row in asked.rows], axis=1)  # (T, E, H, W)
        assert len(frames) == len(masks)
        return [SimpleNamespace(masks=np.roll(frame, asked.shift, axis=-1)) for frame in masks]

    monkeypatch.setattr(validation, "segment_video", segment)
    return asked


def test_rows_are_scored_dataset_by_dataset(own_clips, prepared):
    own_clips("walk")
    walk, run = reversed(rows_of(own_clips("run")))

    def clips():
        prepared.rows, prepared.shift = walk.rows, 0
        yield walk
        prepared.rows, prepared.shift = run.rows, 30
        yield VideoRows("far off", run.rows)

    table = validate(torch.nn.Linear(1, 1), None, clips())
    assert table["own_clips"] == {"expressions": 4, "j": 1.0, "f": 1.0, "j_and_f": 1.0, "n_acc": 1.0, "t_acc": 1.0}
    # of the blue square two frames in six are missed; what is true of nothing is right; the red one is missed
    assert table["far off"]["j"] == pytest.approx((4 / 6 + 1) / 4)
    assert table["all"]["j"] == pytest.approx((1 + table["far off"]["j"]) / 2)
    assert table["all"]["expressions"] == 8
    assert prepared.texts[0] == ["the red square on the left", "the red one", "the blue square", "the green star"]
    assert flat(table)["own_clips_j_and_f"] == 1.0


def test_drawn_clips_and_rows_together(model_and_processor, own_clips):
    model, processor = model_and_processor
    drawn = [(clip, own) for _, clip, own in iterate_shapes("val", num_clips=1, num_frames=2, size=SIZE)]
    table = validate(model, processor, [*drawn, *rows_of(own_clips("walk"), frames="4:")])
    assert set(table) == {"appearance", "shapes", "own_clips", "all"}
    for name in ("j", "f", "j_and_f"):
        assert table["all"][name] == pytest.approx((table["shapes"][name] + table["own_clips"][name]) / 2)
    assert 0 < table["own_clips"]["j"] < 1
