"""A training that was stopped goes on with the same losses, bit for bit; and what stops it loses nothing."""

import json
import random
import resource
import shutil
import time

import pytest

from refsam_hf import RefSamModel
from refsam_hf.training.run_checkpoints import RunCheckpoints

TIMES = {"clips_per_second", "data_share", "memory_gb"}  # what two runs need not agree in

# dropout, so that the random numbers count; two batches a step; learning and averaging fast enough to be seen
OPTIONS = (
    *("--model_config.text_config.dropout_rate", 0.2),
    *("--gradient_accumulation_steps", 2),
    *("--ema_decay", 0.5),
    *("--save_every", 1),
    *("--keep_checkpoints", 100),
)


def told(records):
    """What the log says, without the times."""
    return [{name: value for name, value in record.items() if name not in TIMES} for record in records]


def go_back(output, step):
    """As if the training had been killed just after the checkpoint of a step."""
    for path in (output / "checkpoints").iterdir():
        if int(path.name.removeprefix("step-")) > step:
            shutil.rmtree(path)


@pytest.fixture
def run(run_training):
    return lambda output, *options: run_training(output, *OPTIONS, *options)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """Where the training of `whole` is kept for the next test."""
    return tmp_path_factory.mktemp("first") / "run"


@pytest.fixture
def whole(run, first_run, tmp_path):
    """The folder of a training of 4 steps, a copy of the test's own, and its log."""
    if not first_run.exists():
        assert run(first_run)[0] == 0
    shutil.copytree(first_run, tmp_path / "whole")
    return tmp_path / "whole", [json.loads(line) for line in (first_run / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    ("step", "workers"),
    [pytest.param(1, 0, id="within a stage"), pytest.param(2, 1, id="at the end of a stage, with a worker")],
)
def test_the_same_losses_bit_for_bit(run, whole, step, workers):
    output, expected = whole
    go_back(output, step)
    code, records = run(output, "--resume", "true", "--num_workers", workers)
    assert code == 0
    assert told(records) == told(expected), "no line is missing, none comes twice"
    first, second = (RunCheckpoints(output / "checkpoints", 100).newest() for _ in range(2))
    assert first.progress()["position"] == {"step": 4, "stage": 2, "stage_step": 0, "index": 16}
    assert second.progress()["random"] == first.progress()["random"]


def test_a_training_that_has_ended_stays_as_it_is(run, whole):
    output, _ = whole
    log = (output / "log.jsonl").read_bytes()
    assert run(output, "--resume", "true")[0] == 0
    assert (output / "log.jsonl").read_bytes() == log


def test_what_a_killed_drawing_of_the_curves_left_is_cleared(run, whole):
    """It comes after the last checkpoint: what goes on then has nothing more to save."""
    output, _ = whole
    left, own = output / ".f8b6e7cb32d9.png", output / ".mine.png"
    left.touch()
    own.touch()
    assert run(output, "--resume", "true")[0] == 0
    assert (left.exists(), own.exists()) == (False, True)


def test_the_random_numbers_count(run, whole):
    """Else the tests above would not see whether they are brought back."""
    output, expected = whole
    go_back(output, 1)
    checkpoint = RunCheckpoints(output / "checkpoints", 100).newest()
    progress = checkpoint.progress()
    progress["random"] = []
    RunCheckpoints(output / "checkpoints", 100).save(
        1, checkpoint.tensors(), progress, {name: value for name, value in checkpoint.facts.items() if name != "step"}
    )
    _, records = run(output, "--resume", "true")
    assert told(records)[:1] == told(expected)[:1]
    assert told(records)[1]["loss"] != told(expected)[1]["loss"]


def test_damage_is_said_and_the_one_before_is_used(run, whole):
    output, expected = whole
    weights = output / "checkpoints" / "step-00000004" / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.warns(UserWarning, match=r"step-00000004: weights.safetensors has other content .* step-00000003 is"):
        code, records = run(output, "--resume", "true")
    assert code == 0
    assert told(records) == told(expected)


def test_nothing_to_go_on_from_is_a_start(run, whole, tmp_path):
    output, expected = whole
    shutil.rmtree(output / "checkpoints")  # killed before the first
    code, records = run(output, "--resume", "true")
    assert code == 0
    assert told(records) == told(expected)


def test_another_configuration_is_refused_with_the_difference(run, whole, capsys):
    output, _ = whole
    go_back(output, 3)
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    changed = ("--learning_rates.mask_decoder", 1e-5, "--stages.1.batch_size", 3, "--log_every", 2)
    assert run(output, "--resume", "true", *changed)[0] == 2
    message = capsys.readouterr().err
    assert "learning_rates.mask_decoder was 0.003 and is 1e-05" in message
    assert "stages.1.batch_size was 2 and is 3" in message
    assert "log_every" not in message, "it changes nothing that is learned"
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before
    code, records = run(output, "--resume", "true", "--allow_changes", "true", *changed)
    assert code == 0
    assert records[-2]["step"] == 4
    assert json.loads((output / "config.json").read_text())["stages"][1]["batch_size"] == 3
    assert RunCheckpoints(output / "checkpoints", 100).newest().progress()["position"]["index"] == 12 + 6


@pytest.mark.parametrize(
    ("step", "changed", "last_step"),
    [
        pytest.param(1, ("--stages.0.steps", 1), 3, id="a stage that is over now"),
        pytest.param(3, ("--stages.0.steps", 9), 4, id="a stage that was over already"),
    ],
)
def test_the_steps_of_stages_may_change(run, whole, step, changed, last_step):
    output, _ = whole
    go_back(output, step)
    code, records = run(output, "--resume", "true", "--allow_changes", "true", *changed)
    assert code == 0
    assert [record["step"] for record in records if "loss" in record] == list(range(1, last_step + 1))
    assert "val_j" in records[-1]


@pytest.mark.parametrize("step", [3, 4])
def test_a_place_past_the_last_stage_is_refused(run, whole, capsys, step):
    output, _ = whole
    go_back(output, step)
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    alone = "[{steps: 2, batch_size: 2, num_frames: 1, frame_sizes: [[48, 48]]}]"
    assert run(output, "--resume", "true", "--allow_changes", "true", "--stages", alone)[0] == 2
    assert "expected a checkpoint that is within 1 stage" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before


def test_other_frozen_weights_are_refused(run_training, tmp_path, capsys):
    base = (tmp_path / "base", "--max_steps", 1)
    assert run_training(*base)[0] == 0
    options = ("--model", tmp_path / "base" / "last", "--model_config", "null", "--train", "[mask_decoder]")
    assert run_training(tmp_path / "out", *options, "--max_steps", 2)[0] == 0
    model = RefSamModel.from_pretrained(tmp_path / "base" / "last")
    model.vision_tower.pos_embed.data += 1e-3
    model.save_pretrained(tmp_path / "base" / "last")
    assert run_training(tmp_path / "out", *options, "--max_steps", 2, "--resume", "true")[0] == 2
    assert "the weights that are frozen, or where they come from, have changed" in capsys.readouterr().err


def with_a_small_disk(run, output):
    """Weights find no place any more once the first checkpoint is there."""
    save = RunCheckpoints.save

    def fill_up(self, step, *arguments):
        if step == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        save(self, step, *arguments)

    RunCheckpoints.save = fill_up  # of this fork alone
    assert run(output)[0] == 2


def test_a_disk_that_fills_up_loses_nothing(run, whole, tmp_path, killed, capfd):
    output = tmp_path / "out"
    assert not killed(lambda: with_a_small_disk(run, output))
    assert "takes the checkpoint of step 2, got" in capfd.readouterr().err
    assert [path.name for path in (output / "checkpoints").iterdir()] == ["step-00000001"]
    code, records = run(output, "--resume", "true")
    assert code == 0
    assert told(records) == told(whole[1])


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_again_and_again_it_ends_as_if_never(run, tmp_path, killed, kills):
    """Half of the kills at a random time, half just before a random operation on files: most of those are saves."""
    options = ("--val_every", 2, "--stages.1.steps", kills)
    started = time.monotonic()
    _, expected = run(tmp_path / "whole", *options)
    took = time.monotonic() - started
    output, draw = tmp_path / "killed", random.Random(3)
    died = saves_hit = models_hit = 0
    for attempt in range(4 * kills):
        if died == kills:
            break
        operation = {"operation": draw.randrange(30, 160)}
        instant = operation if attempt % 2 else {"seconds": draw.uniform(0.2, 1.0) * took}
        if not killed(lambda: run(output, *options, "--resume", "true"), **instant):
            shutil.rmtree(output)  # it had ended before that instant: once more from the start
            continue
        died += 1
        saves_hit += any((output / "checkpoints").glob(".step-*"))
        models_hit += any(output.glob(".last-*")) or any(output.glob(".best-*"))
        for name in ("last", "best"):
            if (output / name).exists():
                RefSamModel.from_pretrained(output / name)
        if (output / "checkpoints").exists():
            newest = RunCheckpoints(output / "checkpoints", 100).newest()
            assert newest is None or newest.tensors()
    assert died == kills
    assert saves_hit + models_hit > kills // 4, "saves were among them"
    code, records = run(output, *options, "--resume", "true")
    assert code == 0
    assert told(records) == told(expected)
    assert not any(path.name.startswith(".") for path in (*output.iterdir(), *(output / "checkpoints").iterdir()))
