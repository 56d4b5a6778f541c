"""The stages of a card: what each was trained on, and turns said once."""

import dataclasses

from refsam_hf.hub.card_stages import stage_rows
from refsam_hf.training.stage_config import StageConfig


def rows(*stages):
    return stage_rows([dataclasses.asdict(stage) for stage in stages]).splitlines()


def test_kept_features_are_named_without_the_way_to_them():
    mixed = StageConfig(steps=20, num_frames=2, features={"/secret/motion": 1.0, "/secret/rest": 1.5})
    alone = StageConfig(steps=5, num_frames=6, batch_size=4, features={"/secret/motion": 1.0})
    assert rows(mixed, alone) == [
        "| 1 | 20 | 8 | 2 | kept features motion (weight 1), rest (weight 1.5) |",
        "| 2 | 5 | 4 | 6 | kept features motion |",
    ]


def test_turns_are_said_once():
    first, second = (StageConfig(steps=steps, kinds={"motion": 1.0}) for steps in (2, 3))
    once = ["| 1 | 2 | 8 | 3 | shapes (motion 1) |", "| 2 | 3 | 8 | 3 | shapes (motion 1) |"]
    assert rows(first, second) == once
    assert rows(*[first, second] * 40) == [*once, "", "All of them 40 times, in turns."]
    assert len(rows(first, second, first)) == 3, "no turn is cut off"
