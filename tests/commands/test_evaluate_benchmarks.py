"""`refsam evaluate` on a benchmark in files: a tree of Ref-DAVIS17, small, in the exact layout."""

import json
import os
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from transformers import T5Config

from refsam_hf import TINY_CHECKPOINT, cli
from refsam_hf.video.palette import palette_image

EXAMPLE = Path(__file__).parents[2] / "examples" / "evaluate_benchmark.py"
FRAMES, HEIGHT, WIDTH = 3, 30, 40


def label_map(shift=0):
    """Object 1 is a box of 10x10, object 2 one of 8x12."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[4:14, 4 + shift : 14 + shift] = 1
    labels[18:26, 20 + shift : 32 + shift] = 2
    return labels


# Moved by one pixel, which is within the tolerance of F at this size.
SHIFTED = (np.mean([90 / 110, 88 / 104]) + 1) / 2


@pytest.fixture
def tree(tmp_path):
    """Two videos of two objects, four expressions of each."""
    root = tmp_path / "davis"
    rng = np.random.default_rng(0)
    videos = {}
    for video in ("dogs", "cats"):
        for part in ("JPEGImages", "Annotations"):
            (root / "valid" / part / video).mkdir(parents=True)
        names = [f"{t:05d}" for t in range(FRAMES)]
        for name in names:
            picture = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            Image.fromarray(picture).save(root / "valid" / "JPEGImages" / video / f"{name}.jpg")
            palette_image(label_map()).save(root / "valid" / "Annotations" / video / f"{name}.png")
        expressions = {str(i): {"exp": f"the {i // 4} one, said {i % 4}", "obj_id": str(i // 4 + 1)} for i in range(8)}
        videos[video] = {"frames": names, "expressions": expressions}
    (root / "meta_expressions" / "valid").mkdir(parents=True)
    (root / "meta_expressions" / "valid" / "meta_expressions.json").write_text(json.dumps({"videos": videos}))
    return root


@pytest.fixture
def hand_in(tmp_path):
    """Writes predictions of all four annotators, the truth or moved, and gives their folder."""

    def write(name="handed-in", videos=("dogs", "cats"), shift=0):
        for annotator in range(4):
            for video in videos:
                folder = tmp_path / name / f"anno_{annotator}" / video
                folder.mkdir(parents=True)
                for t in range(FRAMES):
                    palette_image(label_map(shift)).save(folder / f"{t:05d}.png")
        return tmp_path / name

    return write


@pytest.fixture
def evaluate(tree, tmp_path, capsys):
    """Runs the command; gives its exit code, what it said and the report."""

    def run(*options):
        report = tmp_path / "report.json"
        report.unlink(missing_ok=True)
        words = ["evaluate", "--benchmark", "ref_davis17", "--root", str(tree), "--json", str(report)]
        code = cli.main([*words, *map(str, options)])
        return code, capsys.readouterr(), json.loads(report.read_text()) if report.exists() else None

    return run


def test_the_truth_scores_1_and_moved_masks_what_the_definitions_give(evaluate, hand_in):
    code, said, report = evaluate("--from-predictions", hand_in())
    assert code == 0
    assert report["scores"]["mean"]["j_and_f"] == 1
    assert report["scores"]["mean"]["objects"] == 16
    assert said.out.splitlines()[0].split()[:3] == ["kind", "objects", "J&F"]
    assert said.err == ""
    _, _, report = evaluate("--from-predictions", hand_in("moved", shift=1))
    assert report["scores"]["mean"]["j_and_f"] == pytest.approx(SHIFTED)
    _, _, report = evaluate("--from-predictions", hand_in("moved too", shift=1), "--protocol", "semi-supervised")
    assert (report["protocol"], report["benchmark"]) == ("ref_davis17_semi_supervised", "ref_davis17")
    assert report["scores"]["mean"]["j_and_f"] == pytest.approx(SHIFTED)


def test_one_bad_video_costs_the_others_nothing(evaluate, hand_in):
    folder = hand_in()
    palette_image(np.zeros((15, 20), np.uint8)).save(folder / "anno_2" / "cats" / "00001.png")
    code, said, report = evaluate("--from-predictions", folder)
    assert code == 1
    assert list(report["failed"]) == ["cats"]
    assert "frame 00001: expected a mask of the ground truth's size, 30x40" in report["failed"]["cats"]
    assert "failed, the others are scored: video 'cats'" in said.err
    assert report["scores"]["mean"]["objects"] == 8
    assert report["scores"]["mean"]["j_and_f"] == 1


def test_a_video_that_lacks_a_file_is_left_out_and_said_to_be(evaluate, tree, hand_in, tmp_path):
    (tree / "valid" / "JPEGImages" / "cats" / "00001.jpg").unlink()
    code, said, report = evaluate("--from-predictions", hand_in(), "--output", tmp_path / "run")
    assert code == 1
    assert list(report["left_out"]) == ["cats"]
    assert "expected an image for every frame, got none for 00001" in report["left_out"]["cats"]
    assert (report["failed"], report["extra_videos"]) == ({}, [])
    assert report["scores"]["mean"]["objects"] == 8
    assert "left out, the others are scored: video 'cats': " in said.err
    assert "not of the benchmark" not in said.err
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Videos that were left out" in page
    assert "got none for 00001" in page


def test_missing_and_extra_predictions_are_listed_and_what_is_missing_scores_0(evaluate, hand_in):
    code, said, report = evaluate("--from-predictions", hand_in(videos=("dogs", "birds")))
    assert code == 0
    assert report["notes"] == {"cats": ["not handed in"]}
    assert report["extra_videos"] == ["birds"]
    assert report["scores"]["mean"]["j_and_f"] == 0.5
    assert "notes: video 'cats': not handed in" in said.err
    assert "not of the benchmark: video 'birds'" in said.err


def test_a_run_writes_all_and_goes_on_where_it_stopped(evaluate, tmp_path, monkeypatch):
    output, submission = tmp_path / "run", tmp_path / "out.zip"
    options = ("--output", output, "--submission", submission)
    code, said, first = evaluate(*options)
    assert code == 0
    made = {path.name for path in output.iterdir()}
    assert made == {
        *("run.json", "videos", "predictions", "results.json", "table.txt", "table.md", "plots", "worst"),
        "report.html",
    }
    assert json.loads((output / "results.json").read_text()) == first
    assert len(first["weights_sha256"]) == 64
    assert f"wrote {output / 'report.html'}" in said.out
    assert sorted(path.name for path in (output / "worst").iterdir()) == ["01.png", "02.png"]

    # what was handed in, and what the run kept, is scored as the run was
    with zipfile.ZipFile(submission) as archive:
        archive.extractall(tmp_path / "unpacked")
    for predictions in (output, tmp_path / "unpacked"):
        assert evaluate("--from-predictions", predictions)[2]["scores"] == first["scores"]

    # a video whose result is gone is done again, the other is left
    (output / "videos" / "cats.json").unlink()
    before = (output / "videos" / "dogs.json").stat().st_mtime_ns
    assert evaluate(*options)[2]["scores"] == first["scores"]
    assert (output / "videos" / "dogs.json").stat().st_mtime_ns == before
    assert (output / "videos" / "cats.json").is_file()

    code, said, _ = evaluate("--output", output, "--protocol", "semi-supervised")
    assert code == 2
    assert "expected the results of protocol" in said.err
    monkeypatch.setattr("refsam_hf.__version__", "9.9")  # all would be said to be of it
    code, said, _ = evaluate(*options)
    assert code == 2
    assert "expected the results of refsam_hf '9.9', got those of" in said.err


def test_models_side_by_side(evaluate, hand_in, tmp_path):
    true, moved, output = hand_in("true"), hand_in("moved", shift=1), tmp_path / "run"
    code, _, _ = evaluate("--from-predictions", moved, "--output", output, "--compare", f"truth={true}")
    assert code == 0
    lines = (output / "compared.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["model", "this", "truth"]
    assert lines[2].split()[2] == "1.000"
    assert sorted(path.name for path in (output / "grids").iterdir()) == ["01.png", "02.png"]
    page = (output / "report.html").read_text()
    assert page.count("<img src='data:image/") == 3 + 2 + 2  # plots, worst clips, grids
    assert "src='http" not in page


def test_what_cannot_be_drawn_or_compared_is_said_on_the_page(evaluate, tree, hand_in, tmp_path):
    true, moved, output = hand_in("true"), hand_in("moved", shift=1), tmp_path / "run"
    (true / "anno_1" / "cats" / "00001.png").write_bytes(b"no image")
    (tree / "valid" / "JPEGImages" / "dogs" / "00001.jpg").write_bytes(b"no image")
    code, said, report = evaluate("--from-predictions", moved, "--output", output, "--compare", f"truth={true}")
    assert code == 1
    assert "--compare truth: failed, its others are scored: video 'cats': " in said.err
    assert report["scores"]["mean"]["objects"] == 16
    lines = (output / "compared.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["model", "this", "truth"]
    assert lines[2].split()[1] == "8"
    assert "not in the line of truth, as it failed: cats: " in lines[3]
    assert len(lines) == 4
    page = (output / "report.html").read_text()
    assert page.count("cannot be drawn") == 3  # the grids of cats and of dogs, the worst of dogs
    assert "not in the line of truth, as it failed: cats: " in page
    assert len(list((output / "worst").iterdir())) == 1
    assert list((output / "grids").iterdir()) == []


def test_the_numbers_are_written_before_the_report(evaluate, hand_in, monkeypatch):
    def full(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(cli.evaluate, "write_outputs", full)
    code, said, report = evaluate("--from-predictions", hand_in())
    assert code == 2
    assert "no space left" in said.err
    assert report["scores"]["mean"]["j_and_f"] == 1


def test_checkpoints_side_by_side(evaluate, tree, hand_in, tiny_checkpoint, tmp_path):
    """A second checkpoint is run as it would be alone, and what it found is drawn beside the others."""
    _, _, alone = evaluate("--model", tiny_checkpoint, "--device", "cpu")
    output, compare = tmp_path / "run", (f"tiny={tiny_checkpoint}", f"truth={hand_in()}")
    words = ("--from-predictions", hand_in("moved", shift=1), "--output", output, "--device", "cpu")
    assert evaluate(*words, "--compare", *compare)[0] == 0
    lines = {line.split()[0]: line.split() for line in (output / "compared.txt").read_text().splitlines()}
    assert list(lines) == ["model", "this", "tiny", "truth"]
    assert lines["tiny"][2] == f"{alone['scores']['mean']['j_and_f']:.3f}"
    run = json.loads((output / "compared" / "tiny" / "run.json").read_text())
    assert run["weights_sha256"] == alone["weights_sha256"]
    heights = [Image.open(path).height for path in (output / "grids").iterdir()]
    assert len(heights) == 2

    # the same command goes on; what the checkpoint found is not made again
    kept = output / "compared" / "tiny" / "videos" / "cats.json"
    before = kept.stat().st_mtime_ns
    assert evaluate(*words, "--compare", *compare)[0] == 0
    assert kept.stat().st_mtime_ns == before


def test_a_checkpoint_to_compare_with_that_is_damaged_is_named_as_it_was_asked_for(evaluate, hand_in, tmp_path):
    shutil.copytree(TINY_CHECKPOINT, tmp_path / "cut")
    (tmp_path / "cut" / "model.safetensors").write_bytes(b"cut")
    given = f"a={tmp_path / 'cut'}"
    code, said, _ = evaluate("--from-predictions", hand_in(), "--output", tmp_path / "run", "--compare", given)
    assert code == 2
    assert f"--compare {given}: expected a RefSAM checkpoint" in said.err


def test_what_cannot_be_compared_with_is_found_before_anything_is_run(evaluate, hand_in, tmp_path):
    words = ("--from-predictions", hand_in(), "--output", tmp_path / "run", "--compare")
    (tmp_path / "empty").mkdir()
    T5Config().save_pretrained(tmp_path / "t5")
    for given, error in (
        ("nowhere", "--compare: expected NAME=PATH, each name once, got 'nowhere'"),
        ("a=", "--compare: expected NAME=PATH, each name once, got 'a='"),
        ("a=no/where", "--compare a=no/where: expected predictions, or a RefSAM checkpoint (a folder or a Hub name)"),
        (f"a={tmp_path / 't5'}", "RefSAM checkpoint (a folder or a Hub name), got one of model_type 't5'"),
        (f"a={tmp_path / 'empty'}", "empty: expected predictions in one of these layouts, got none of them"),
    ):
        code, said, _ = evaluate(*words, given)
        assert code == 2
        assert error in said.err
    assert not (tmp_path / "run").exists()


def test_the_table_in_markdown(evaluate, hand_in):
    _, said, _ = evaluate("--from-predictions", hand_in(), "--markdown")
    head, rule, *lines = said.out.splitlines()
    assert head == "| kind | objects | J&F | J | J recall | J decay | F | F recall | F decay |"
    assert rule == "|" + "---|" * 9
    assert lines[4] == "| mean | 16 | 1.000 | 1.000 | 1.000 | 0.000 | 1.000 | 1.000 | 0.000 |"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--benchmark", "imagenet"), "benchmark: expected one of"),
        (("--protocol", "other"), "protocol of ref_davis17: expected one of default, semi-supervised, got 'other'"),
        (("--chunk-size", "0"), "--chunk-size: expected at least 1, got 0"),
        (("--clips", "3"), "--clips: expected it only of shapes that are drawn"),
        (("--submission", "out.json"), "expected a name that ends in .zip"),
        (("--compare", "a=b"), "--compare: expected --output too"),
        (("--compare", "a", "--output", "run"), "--compare: expected NAME=PATH"),
        (("--from-predictions", "none"), "none: expected a folder of predictions"),
        (("--split", "test"), "split: expected one of train, valid, got 'test'"),
        (("--root", "none"), "none: expected the folder of ref_davis17"),
    ],
)
def test_bad_options_are_errors_before_the_model_is_loaded(options, message, evaluate, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli.evaluate.loading, "load", lambda *names: pytest.fail("the model was loaded"))
    code, said, report = evaluate(*options)
    assert code == 2
    assert message in said.err
    assert report is None


def test_predictions_and_a_model_are_one_too_many(evaluate, hand_in):
    code, said, _ = evaluate("--from-predictions", hand_in(), "--model", "some")
    assert code == 2
    assert "--from-predictions: expected it without --model, got both" in said.err


def test_the_example_is_the_command(tree, hand_in, monkeypatch, capsys):
    words = ["--benchmark", "ref_davis17", "--root", str(tree), "--from-predictions", str(hand_in())]
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), *words])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert left.value.code == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:3] == ["mean", "16", "1.000"]


@pytest.mark.slow
def test_two_processes_give_what_one_gives(tree, tmp_path, evaluate):
    """The real launcher, the real model."""
    _, _, alone = evaluate("--device", "cpu")
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(EXAMPLE)]
    words += ["--benchmark", "ref_davis17", "--root", str(tree), "--output", str(tmp_path / "run")]
    source = str(Path(cli.__file__).parents[1])
    result = subprocess.run(
        words, capture_output=True, text=True, timeout=500, env=os.environ | {"PYTHONPATH": source}
    )
    assert result.returncode == 0, result.stderr
    assert json.loads((tmp_path / "run" / "results.json").read_text())["scores"] == alone["scores"]
    assert result.stdout.count("annotator 0") == 1  # one of them speaks


def test_a_folder_of_another_kind_is_left_alone(evaluate, hand_in, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("")
    code, said, _ = evaluate("--from-predictions", hand_in(), "--output", tmp_path / "mine")
    assert code == 2
    assert "without a run.json" in said.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    shutil.rmtree(tmp_path / "mine")
