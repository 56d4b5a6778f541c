"""`examples/ablation.py` on a model of tiny sizes: what is kept of the tower, resuming, the tables."""

import importlib
import json
import re
import sys

import pytest
import torch

from refsam_hf import TINY_CHECKPOINT, RefSamModel
from refsam_hf.evaluation.provenance import weights_sha256

pytest.importorskip("matplotlib")
SMALL = ("--steps", "2", "--batch-size", "4", "--clips", "8", "--test-clips", "4", "--tower-steps", "1")


@pytest.fixture(scope="module")
def script(load_example):
    return load_example("ablation")


@pytest.fixture(scope="module")
def running(script):
    return importlib.import_module("studies.running")


@pytest.fixture(scope="module")
def plan(script):
    return importlib.import_module("studies.plan")


@pytest.fixture
def bench(running, tiny_checkpoint, tmp_path):
    return running.Bench(str(tiny_checkpoint), running.Budget("", 2, 4, 8, 4, 1), tmp_path)


@pytest.fixture
def run(script, tiny_checkpoint, tmp_path, capsys):
    def run_it(*options):
        script.main(["--model", str(tiny_checkpoint), *SMALL, *options, "--output", str(tmp_path / "made")])
        return capsys.readouterr().out

    return run_it


def batch_of(bench, sort):
    batch = bench.collate(bench.frames.trained(sort, 0.5)[:2])
    return {name: batch[name] for name in importlib.import_module("studies.running").INPUTS}


def test_kept_features_are_those_of_the_tower(bench, plan, tiny_checkpoint):
    """Loss and gradients, bit for bit but for what a batch of frames rounds otherwise than a frame alone."""
    run = plan.Run({"implicit_tracking": True}, pretrained=plan.DECODER)
    model, batch = bench.build(run, 0), batch_of(bench, plan.CLIPS)
    whole = RefSamModel._from_config(model.config, attn_implementation="eager")
    whole.load_state_dict(model.state_dict())
    fresh = RefSamModel.from_pretrained(tiny_checkpoint)
    losses = []
    for tower, text in ((model.vision_tower, model.text_encoder), (fresh.vision_tower, fresh.text_encoder)):
        whole.vision_tower, whole.text_encoder = tower, text
        whole.zero_grad()
        loss = whole(**batch).loss
        loss.backward()
        losses.append((loss.detach(), whole.mask_decoder.iou_token.weight.grad.clone()))
    torch.testing.assert_close(losses[0], losses[1], atol=1e-5, rtol=1e-4)
    assert losses[0][1].abs().max() > 1e-3
    encoded = model.vision_tower.forward.encoded
    assert encoded == len(batch["pixel_values"].flatten(0, 1))
    whole(**{name: value.flip(0) for name, value in batch.items()})
    assert encoded == model.vision_tower.forward.encoded


def test_other_frames_have_other_features(bench, plan):
    tower = bench.build(plan.Run(), 0).vision_tower
    frames = torch.cat([clip["pixel_values"] for clip in bench.frames.trained(plan.STILLS, 0.0)[:3]])
    kept = tower(frames).visual_embedding
    assert (kept[0] - kept[1]).abs().max() > 1e-3
    assert torch.equal(tower(frames[[2, 0]]).visual_embedding, kept[[2, 0]])
    with torch.autocast("cpu", torch.bfloat16):
        assert tower(frames[:1] + 1).visual_embedding.dtype == torch.float32


def test_clips_of_every_sort_can_be_drawn(running, plan, tiny_checkpoint):
    """Of all their kinds: what moves or comes back is seen in enough frames only."""
    frames = running.Bench(str(tiny_checkpoint), running.Budget("", 1, 1, 24, 16, 1), None).frames
    for sort in (plan.STILLS, plan.CLIPS, plan.SHIFTED):
        of = running.SORTS[sort]
        trained, tested = frames.trained(sort, 0.5), frames.tested(sort)
        assert len(trained) * of.trained == 24
        assert {len(clip["pixel_values"]) for clip in trained} == {of.trained}
        assert [len(clip.frames) for clip, _ in tested] == [of.tested] * (8 if sort == plan.CLIPS else 16)
        assert {expression.kind for _, said in tested for expression in said} == set(of.kinds)
        assert frames.tested(sort) is tested


@pytest.mark.parametrize("name", ["mlp", "hda", "mlp+hda", "rates", "peft-frozen", "peft-lora"])
def test_what_learns(bench, plan, name):
    run = plan.RUNS[name]
    model = bench.build(run, 0)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    numbers = bench.train(model, run, 0)
    moved = {key.split(".")[0] for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    parts = {"cross_modal_mlp", "mask_decoder"} | ({"hierarchical_dense_attention"} if name != "mlp" else set())
    assert moved == parts | ({"vision_tower"} if name == "peft-lora" else set())
    assert numbers["loss"] > 0
    assert numbers["trained"] == sum(value.numel() for value in model.parameters() if value.requires_grad)


def test_a_run_can_start_with_another(bench, plan, running):
    bench.run("mlp+hda", 3)
    started = running.load_file(bench.weights("mlp+hda", 3))
    model = bench.build(plan.RUNS["tracking-on"], 3)
    assert {key.split(".")[0] for key in started} == set(plan.PARTS) - {"implicit_tracking"}
    assert all(torch.equal(model.state_dict()[key], value) for key, value in started.items())
    assert model.implicit_tracking is not None
    assert bench.build(plan.RUNS["tracking-off"], 3).implicit_tracking is None
    other = bench.build(plan.Run(), 4).mask_decoder.iou_token.weight
    assert not torch.equal(other, bench.build(plan.Run(), 3).mask_decoder.iou_token.weight)


def test_words_in_the_first_frame_only(bench, plan, running):
    model = bench.build(plan.Run({"implicit_tracking": True}, pretrained=plan.DECODER), 0).eval()
    batch = batch_of(bench, plan.CLIPS)
    inputs = {name: batch[name] for name in ("pixel_values", "input_ids", "attention_mask")}
    with torch.no_grad():
        seen = model(**inputs).pred_masks
        with running.words_in_the_first_frame(model):
            first = model(**inputs).pred_masks
        again = model(**inputs).pred_masks
    assert torch.equal(first[:, :, 0], seen[:, :, 0])
    assert (first[:, :, 1:] - seen[:, :, 1:]).abs().amax(dim=(0, 1, 3, 4)).min() > 1e-3
    assert torch.equal(again, seen)


def test_tables_of_all_rows_and_a_second_call_goes_on(run, script, plan, tmp_path, monkeypatch):
    said = run("--studies", "components", "--seeds", "1")
    made = tmp_path / "made"
    names = {"mlp", "da", "hda", "mlp+da", "mlp+hda"}
    assert {path.name for path in (made / "runs").glob("*.json")} == {f"{name}-0.json" for name in names}
    assert sorted(path.name for path in made.iterdir()) == [
        "components.png",
        "runs",
        "tables.md",
        "tables.txt",
    ]
    text = (made / "tables.txt").read_text()
    assert said.endswith(f"{text}wrote {made}\n")
    lines = text.splitlines()
    for label in ("MLP", "DA", "HDA", "MLP + DA", "MLP + HDA"):
        assert any(line.startswith(f"{label}  ") for line in lines)
    numbers = json.loads((made / "runs" / "mlp-0.json").read_text())["numbers"]
    row = next(line for line in lines if line.startswith("MLP  ")).split()
    assert row[1:3] == ["1", f"{numbers['j_and_f']:.3f}"]
    assert row[-1] == "0.485"

    # also where nothing can be plotted
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for path in (made / "runs" / "da-0.json", made / "components.png", made / "tables.txt", made / "tables.md"):
        path.unlink()
    times = {path: path.stat().st_mtime_ns for path in (made / "runs").iterdir()}
    said = run("--studies", "components", "--seeds", "1")
    assert re.findall(r"^(\S+), seed 0: J&F", said, re.MULTILINE) == ["da"]
    assert times.items() <= {path: path.stat().st_mtime_ns for path in (made / "runs").iterdir()}.items()
    assert "no pictures: they need matplotlib" in said
    assert sorted(path.name for path in made.iterdir()) == ["runs", "tables.md", "tables.txt"]


def test_bad_options_change_nothing(run, tmp_path, capsys):
    for options, message in (
        (("--steps", "0"), "--steps: expected at least 1, got 0"),
        (("--studies", "none"), "invalid choice: 'none'"),
        (("--model", str(tmp_path)), "expected a RefSAM checkpoint"),
    ):
        with pytest.raises(SystemExit):
            run(*options)
        assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_another_budget_is_refused(run, script, running, tiny_checkpoint, tmp_path, capsys):
    runs = tmp_path / "made" / "runs"
    runs.mkdir(parents=True)
    budget = running.Budget(weights_sha256(RefSamModel.from_pretrained(tiny_checkpoint)), 7, 4, 8, 4, 1)
    (runs / "mlp-0.json").write_text(json.dumps({**script.described("mlp", 0, budget), "numbers": {"j_and_f": 0.5}}))
    with pytest.raises(SystemExit):
        run("--studies", "components")
    assert re.search(
        r"mlp-0.json: expected a run with budget .*'steps': 2, .* got .*'steps': 7", capsys.readouterr().err
    )
    assert [path.name for path in runs.iterdir()] == ["mlp-0.json"]


def test_the_pretraining_of_towers_is_of_the_budget_of_those_that_have_one(script, running):
    short, long = (running.Budget("", 1, 1, 1, 1, steps) for steps in (1, 2))
    assert script.described("mlp", 0, short) == script.described("mlp", 0, long)
    assert script.described("tower-small", 0, short) != script.described("tower-small", 0, long)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "expected JSON"), ("[]", "JSON with an object, got list"), ("{}", "a run with run mlp")],
)
def test_what_is_no_result_of_a_run_is_named(script, tmp_path, content, message):
    (tmp_path / "mlp-0.json").write_text(content)
    with pytest.raises(ValueError, match=rf"mlp-0\.json: .*{message}"):
        script.read_finished(tmp_path / "mlp-0.json", {"run": "mlp"})


def test_a_tower_is_known_by_its_name_and_budget(running, tmp_path):
    made = tmp_path / "tower-small-5" / "run" / "last"
    made.mkdir(parents=True)
    assert running.pretrained_tower("small", 5, tmp_path) == made


def test_means_and_spread_and_the_papers_own_rows(script, plan):
    report = importlib.import_module("studies.report")
    study = plan.STUDIES["tower"]
    scores = {"tower-small": (0.1, 0.3), "tower-large": (0.5, 0.5), "mlp+hda": (0.6,)}
    results = {name: [{"j_and_f": score, "loss": None} for score in found] for name, found in scores.items()}
    rows = report.rows_of(study, results)
    assert rows["small"] == {"seeds": 2, "j_and_f": pytest.approx(0.2), "spread": pytest.approx(0.02**0.5)}
    assert rows["large, pretrained longer"] == {"seeds": 1, "j_and_f": 0.6}
    assert rows["ViT-L"] == {"paper": pytest.approx(0.622)}


def test_runs_come_once_and_after_those_that_they_start_with(script, plan):
    order = script.schedule(["tracking", "layers"], 2)
    assert len(order) == len(set(order)) == 2 * (1 + 3 + 5)
    assert [seed for _, seed in order] == [0] * 9 + [1] * 9  # tables of all studies before a second seed of any
    for seed in (0, 1):
        assert order.index(("mlp+hda", seed)) < order.index(("tracking-on", seed))
    assert {name for study in plan.STUDIES.values() for name in study.rows.values()} == set(plan.RUNS)


@pytest.mark.slow
def test_a_tower_of_its_own(script, running, plan, tmp_path):
    bench = running.Bench(str(TINY_CHECKPOINT), running.Budget("", 1, 2, 2, 2, 1), tmp_path)
    numbers = bench.run("tower-small", 0)
    assert 0 <= numbers["j_and_f"] <= 1
    assert bench.build(plan.RUNS["tower-small"], 0).config.vision_config.hidden_size == 64
