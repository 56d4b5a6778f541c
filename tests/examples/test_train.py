"""`examples/train.py` on a model that trains in seconds."""

import json
import re
import shutil
import sys

import numpy as np
import pytest
import torch

from refsam_hf import RefSamModel, RefSamProcessor
from refsam_hf.training.shapes_clips import ShapesClips


def weights(folder):
    return dict(RefSamModel.from_pretrained(folder).named_parameters())


def test_a_whole_training(run_training, tmp_path, monkeypatch):
    code, records = run_training(tmp_path / "out")
    assert code == 0
    steps = [record for record in records if "loss" in record]
    assert [record["step"] for record in steps] == [1, 2, 3, 4]
    assert {"train_j", "learning_rate", "grad_norm", "clips_per_second", "data_share", "memory_gb"} <= set(steps[0])
    assert steps[0]["learning_rate"] == pytest.approx(3e-3)
    assert steps[2]["learning_rate"] < 0.5 * 3e-3, "the second stage is slower"
    assert [record["step"] for record in records if "val_j" in record] == [2, 4]
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"best", "last", "checkpoints", "config.json", "curves.png", "log.jsonl"}
    saved = json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))
    assert saved["stages"][1]["num_frames"] == 2
    assert saved["stages"][1]["kinds"]["motion"] == 3

    # what was saved can be used, and gone on from, also where nothing can be plotted
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert RefSamProcessor.from_pretrained(tmp_path / "out" / "last").tokenize("the red circle")[0].shape == (1, 4)
    options = ("--model", tmp_path / "out" / "last", "--model_config", "null", "--train", "[mask_decoder]")
    code, _ = run_training(tmp_path / "more", *options, "--max_steps", 1)
    assert code == 0
    assert not (tmp_path / "more" / "curves.png").exists()
    before, after = weights(tmp_path / "out" / "last"), weights(tmp_path / "more" / "last")
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"mask_decoder"}


def test_the_best_model_is_kept_while_later_ones_are_worse(train_script, run_training, tmp_path, monkeypatch, capsys):
    scores = iter([0.5, 0.2])
    validated = []

    def validate(*_):
        validated.append(tmp_path / "out" / "last")
        if len(validated) == 2:
            shutil.copytree(tmp_path / "out" / "last", tmp_path / "first")
        return {"all": {"j_and_f": next(scores)}}

    monkeypatch.setattr(train_script, "validate", validate)
    assert run_training(tmp_path / "out")[0] == 0
    kept, first, last = (
        (folder / "model.safetensors").read_bytes()
        for folder in (tmp_path / "out" / "best", tmp_path / "first", tmp_path / "out" / "last")
    )
    assert kept == first != last
    assert re.search(r"training: +100%.* 4/4 .*loss \d\.\d{3}, \d+\.\d clips/s, \d+\.\d GB", capsys.readouterr().err)


def test_the_same_seed_trains_the_same_model(run_training, tmp_path):
    """Also with the clips drawn by a worker, and with other clips in the batches of the validation."""
    _, first = run_training(tmp_path / "first", "--max_steps", 3)
    _, again = run_training(tmp_path / "again", "--max_steps", 3, "--num_workers", 1, "--val_every", 3)
    _, other = run_training(tmp_path / "other", "--max_steps", 3, "--seed", 1)
    losses = [[record["loss"] for record in log if "loss" in record] for log in (first, again, other)]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]
    for (name, weight), other_weight in zip(
        weights(tmp_path / "first" / "last").items(), weights(tmp_path / "again" / "last").values(), strict=True
    ):
        assert torch.equal(weight, other_weight), name


def test_no_clip_comes_twice_in_all_stages(run_training, tmp_path, monkeypatch):
    drawn = []
    draw = ShapesClips.draw

    def record(self, index):
        drawn.append(index)
        return draw(self, index)

    monkeypatch.setattr(ShapesClips, "draw", record)
    assert run_training(tmp_path / "out", "--gradient_accumulation_steps", 2, "--val_every", 4)[0] == 0
    assert sorted(drawn) == list(range(16)), "2 clips, 2 batches a step, 2 + 2 steps"


def test_the_averaged_weights_are_saved(run_training, tmp_path):
    _, raw = run_training(tmp_path / "raw", "--ema_decay", 0, "--max_steps", 3)
    _, averaged = run_training(tmp_path / "averaged", "--max_steps", 3)
    assert [record["loss"] for record in raw if "loss" in record] == [
        record["loss"] for record in averaged if "loss" in record
    ], "the training itself goes on with its own weights"
    name = "mask_decoder.upscale_conv2.weight"
    assert not torch.equal(weights(tmp_path / "raw" / "last")[name], weights(tmp_path / "averaged" / "last")[name])


def test_it_learns_one_batch_by_heart(run_training, tmp_path, monkeypatch):
    monkeypatch.setattr(ShapesClips, "draw", lambda self, index: _one_clip(index % 2))
    stages = [{"steps": 30, "batch_size": 2, "frame_sizes": [[48, 48]]}]
    code, records = run_training(
        tmp_path / "out", "--stages", json.dumps(stages), "--val_every", 100, "--mixed_precision", "bf16"
    )
    losses = [record["loss"] for record in records if "loss" in record]
    assert code == 0
    assert losses[-1] < 0.8 * losses[0]


def _one_clip(index):
    from refsam_hf.benchmarks.shapes import SceneConfig, generate_clip
    from refsam_hf.training.clips import DrawnClip

    scene = SceneConfig(num_objects=(2, 2), radius=(0.2, 0.25), textures=("plain",), backgrounds=("plain",))
    clip = generate_clip("train", index, num_frames=2, size=(48, 48), config=scene)
    expression = clip.expressions[0]
    meant = np.isin([1, 2], expression.object_ids)
    return DrawnClip(clip.frames, clip.masks[meant], [expression.text], clip.masks, meant[None], ~meant[None], "")


def test_each_stage_gives_the_lessons_that_it_weighs(run_training, tmp_path):
    lessons = {"flow", "memory", "mentions", "places"}
    stages = [{"steps": 1, "num_frames": 2, "frame_sizes": [[48, 48]]} for _ in lessons]
    for stage, name in zip(stages, sorted(lessons), strict=True):
        stage[f"{name}_weight"] = 0.5
    code, records = run_training(tmp_path / "out", "--stages", json.dumps(stages), "--log_every", 1)
    assert code == 0
    given = [{name for name in lessons if f"{name}_loss" in record} for record in records if "loss" in record]
    assert given == [{name} for name in sorted(lessons)]


def test_bf16_computes_in_bf16_and_keeps_weights_and_loss_in_float32(
    train_script, run_training, tmp_path, monkeypatch
):
    seen = {}

    def record(pred_masks, labels):
        seen["logits"] = pred_masks.dtype
        return 0.0

    original = torch.nn.functional.linear

    def linear(x, weight, bias=None):
        output = original(x, weight, bias)
        seen.setdefault("products", set()).add(output.dtype)
        return output

    monkeypatch.setattr(train_script, "batch_jaccard", record)
    monkeypatch.setattr(torch.nn.functional, "linear", linear)
    code, _ = run_training(tmp_path / "out", "--mixed_precision", "bf16", "--max_steps", 1)
    assert code == 0
    assert seen["logits"] == torch.float32
    assert torch.bfloat16 in seen["products"]
    assert {weight.dtype for weight in weights(tmp_path / "out" / "last").values()} == {torch.float32}


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_one(run_training, tmp_path, monkeypatch, capsys):
    take, texts = ShapesClips.__getitem__, []

    def spoilt(self, index):
        clip = take(self, index)
        if self.first_index + index == 7:
            clip["pixel_values"][0, 0, 0, 0] = float("nan")
            texts.extend(self.draw(7).texts)
        return clip

    monkeypatch.setattr(ShapesClips, "__getitem__", spoilt)
    code, records = run_training(tmp_path / "out")
    assert code == 1
    message = capsys.readouterr().err.splitlines()[-1]  # in a line of its own, below the bar
    assert message.startswith("error: ")
    assert "step 4: the loss is nan (stage 1, step 2 of its 2; clip 6, a video of shapes (" in message
    assert "; clip 7, a video of shapes (" in message
    assert f"): {', '.join(map(repr, texts))}). Lower the learning rates" in message
    assert records[-1]["step"] == 3
    assert all(torch.isfinite(weight).all() for weight in weights(tmp_path / "out" / "last").values())


def test_errors_of_the_command_line(train_script, run_training, tmp_path, capsys):
    for overrides, message in (
        (("--sed", 1), "unknown key sed, did you mean seed?"),
        (
            ("--model", tmp_path / "none", "--model_config", "null"),
            f"model: expected a folder or a Hub name of a RefSAM, got '{tmp_path / 'none'}': ",
        ),
        (
            ("--processor", tmp_path / "none"),
            f"processor: expected a folder or a Hub name with the processor of a RefSAM, got '{tmp_path / 'none'}': ",
        ),
        (("--train", "[vision_tower, decoder]"), "train.1: expected one of"),
        (("--val_clips", 5), "without two expressions of the kind 'motion', t"),
        (("--val_frame_size", "[20, 30]"), "height of at least 38 pixels"),
    ):
        code, _ = run_training(tmp_path / "out", *overrides)
        assert code == 2
        assert message in capsys.readouterr().err
        assert not (tmp_path / "out").exists(), "nothing was written"
    (tmp_path / "out").touch()
    for output, got in ((tmp_path / "out", "File exists"), (tmp_path / "out" / "inner", "Not a directory")):
        assert run_training(output)[0] == 2
        assert f"output_dir: expected a folder that can be made, got '{output}': {got}" in capsys.readouterr().err
    assert train_script.main(["none.yaml"]) == 2
    assert "none.yaml: expected a YAML file of options, got No such file" in capsys.readouterr().err
    assert train_script.main([]) == 2
    assert train_script.main(["--help"]) == 0
    assert "--stages.0.batch_size" in capsys.readouterr().out


def test_an_earlier_training_is_not_overwritten(run_training, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "log.jsonl").write_text('{"step": 1}\n', encoding="utf-8")
    code, records = run_training(tmp_path / "out")
    assert code == 2
    assert "which holds an earlier training" in capsys.readouterr().err
    assert records == [{"step": 1}]


def test_own_clips_beside_shapes(run_training, tmp_path, own_clips):
    """Learnt from for an epoch, mixed with shapes, and validated on by frames that were not learnt from."""
    own_clips("walk", frames=10)
    clips = own_clips("run", frames=10)
    own = {"name": "own_clips", "root": str(clips)}
    stage = {"epochs": 1, "batch_size": 2, "num_frames": 2, "frame_sizes": [[48, 48]]}
    stage["datasets"] = [{**own, "frames": ":50%"}, {"name": "shapes", "weight": 0.5}]
    validation = ("--validation", json.dumps([{**own, "frames": "50%:"}, {"name": "shapes"}]))
    code, records = run_training(tmp_path / "out", "--stages", json.dumps([stage]), *validation, "--val_every", 100)
    assert code == 0
    steps = [record["step"] for record in records if "loss" in record]
    saved = json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))
    assert len(steps) == saved["stages"][0]["steps"] > 1
    (scores,) = [record for record in records if "val_j" in record]
    assert {"val_own_clips_j_and_f", "val_shapes_j_and_f"} <= set(scores)
    assert scores["val_j_and_f"] == pytest.approx(
        (scores["val_own_clips_j_and_f"] + scores["val_shapes_j_and_f"]) / 2, abs=1e-4
    )


def test_clips_that_cannot_be_learnt_from_are_an_error_before_anything_is_written(run_training, tmp_path, capsys):
    stages = [{"steps": 1, "datasets": [{"name": "own_clips", "root": str(tmp_path / "nowhere")}]}]
    code, _ = run_training(tmp_path / "out", "--stages", json.dumps(stages))
    assert code == 2
    assert "nowhere" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_tensorboard_is_told_what_the_log_is(run_training, tmp_path):
    """Also after a training went on: no step comes twice."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    options = ("--report_to", "[tensorboard]", "--save_every", 1, "--keep_checkpoints", 9)
    code, records = run_training(tmp_path / "out", *options)
    assert code == 0
    for step in (3, 4):
        shutil.rmtree(tmp_path / "out" / "checkpoints" / f"step-0000000{step}")
    assert run_training(tmp_path / "out", *options, "--resume", "true")[0] == 0
    events = EventAccumulator(str(tmp_path / "out" / "refsam_hf"))
    events.Reload()
    losses = [(event.step, event.value) for event in events.Scalars("loss")]
    assert losses == [(record["step"], pytest.approx(record["loss"])) for record in records if "loss" in record]
    assert [event.step for event in events.Scalars("val_j_and_f")] == [2, 4]


def test_a_tracker_that_is_not_known_or_not_installed(run_training, tmp_path, capsys):
    assert run_training(tmp_path / "out", "--report_to", "[tensorbord]")[0] == 2
    assert "report_to.0: expected one of tensorboard, wandb" in capsys.readouterr().err
    assert run_training(tmp_path / "out", "--report_to", "[wandb]")[0] == 2
    assert "got wandb" in capsys.readouterr().err


def test_memory_options_change_no_loss(run_training, tmp_path, monkeypatch):
    """Gradient checkpointing, and a frozen text encoder that runs once per expression of the whole training."""
    from refsam_hf.training import text_cache

    made = []
    start = text_cache.TextCache.__init__
    monkeypatch.setattr(text_cache.TextCache, "__init__", lambda self, *rest: made.append(self) or start(self, *rest))
    parts = "[adapters, cross_modal_mlp, hierarchical_dense_attention, mask_decoder, implicit_tracking]"
    options = ("--train", parts, "--max_steps", 3)
    _, expected = run_training(tmp_path / "plain", *options, "--text_cache_mb", 0)
    assert not made
    _, records = run_training(tmp_path / "less", *options, "--gradient_checkpointing", "true")
    losses = [[record["loss"] for record in log if "loss" in record] for log in (expected, records)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    (cache,) = made
    assert cache.encoded == len(cache._kept) > 4
