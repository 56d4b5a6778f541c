"""`refsam evaluate` on every benchmark, in the exact format of its files: with a model, and from predictions that are
the truth, which scores 1."""

import json
import zipfile
from typing import NamedTuple

import pytest

from refsam_hf import cli
from refsam_hf.benchmarks import decode_masks, load_benchmark
from refsam_hf.benchmarks.registry import benchmark_of
from refsam_hf.evaluation.protocols import Predicted
from refsam_hf.evaluation.submissions import FORMS, write_submission
from refsam_hf.video.rle import encode_rle


class Case(NamedTuple):
    """A split of a benchmark, and what is scored of it."""

    name: str
    tree: str | None
    split: str
    line: str  # of the table
    counted: tuple[str, int]
    measures: tuple[str, ...]
    options: tuple[str, ...] = ()

    def __str__(self):
        return "-".join((self.name, self.tree or "drawn", self.split))


CLIP = ("j_and_f", "j", "f")
IMAGE = ("overall_iou", "mean_iou", "p_0.9")
FRAMES = (*IMAGE, "map")
DRAWN = ("--clips", "2", "--frames", "2", "--size", "48", "64", "--kinds", "appearance")
CASES = [
    Case("refer_youtube_vos", "refer_youtube_vos", "train", "all", ("expressions", 4), CLIP),
    Case("ref_davis17", "ref_davis17", "valid", "mean", ("objects", 8), CLIP),  # object 2 is not in the first frame
    Case("ref_davis17", "ref_davis17_release", "valid", "mean", ("objects", 8), CLIP),
    Case("mevis", "mevis", "valid_u", "all", ("expressions", 4), CLIP),
    *[
        Case(name, "refcoco", split, "all", ("samples", 1), IMAGE)
        for name, split in (("refcoco", "testA"), ("refcoco+", "testB"), ("refcocog", "test"))
    ],
    Case("refcocog", "refcoco_google", "val", "all", ("samples", 1), IMAGE, ("--option", "split_by=google")),
    *[
        Case(name, "refcoco_converted", "train", "all", ("samples", 3), IMAGE)
        for name in ("refcoco", "refcoco+", "refcocog")
    ],
    Case("a2d_sentences", "a2d_sentences", "test", "all", ("samples", 3), FRAMES),
    Case("jhmdb_sentences", "jhmdb_sentences", "test", "all", ("samples", 4), FRAMES),
    Case("youtube_vis", "youtube_vis", "train", "all", ("expressions", 4), CLIP),
    Case("own_clips", "own_clips", ":", "all", ("expressions", 4), CLIP),
    Case("shapes", None, "test", "all", ("expressions", 4), CLIP, DRAWN),
]


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return request.param


@pytest.fixture
def root(case, trees, own_clips, tmp_path):
    """The folder of the benchmark, None of shapes."""
    folder = tmp_path / "tree"
    if case.tree == "own_clips":
        return own_clips("walk", frames=6)
    if case.tree == "refcoco_google":
        return trees.refcoco(folder, case.name, split_by="google")
    if case.tree and case.tree.startswith("refcoco"):
        return getattr(trees, case.tree)(folder, case.name)
    return getattr(trees, case.tree)(folder) if case.tree else None


@pytest.fixture
def evaluate(case, root, tmp_path, capsys):
    """Runs the command; gives the report and what was said."""

    def run(*words):
        place = () if root is None else ("--root", root)
        command = ["evaluate", "--benchmark", case.name, *place, "--split", case.split, *case.options, *words]
        report = tmp_path / "report.json"
        code = cli.main([*map(str, command), "--device", "cpu", "--json", str(report)])
        said = capsys.readouterr()
        assert code == 0, said.err
        return json.loads(report.read_text()), said

    return run


@pytest.fixture
def truth(case, root, tmp_path):
    """The true masks as they are handed in: in the form of the benchmark, or where it has none in ours."""
    if case.name == "shapes":
        options = {"num_clips": 2, "num_frames": 2, "size": (48, 64), "kinds": ("appearance",)}
    else:
        options = dict(word.split("=") for word in case.options if "=" in word)
    videos = {}
    for row in load_benchmark(case.name, root, case.split, **options):
        videos.setdefault(row["video_id"], []).append(row)

    def masks(row):
        return [encode_rle(mask) for mask in decode_masks(row)[0]]

    form = benchmark_of(case.name).submission
    if form is not None:
        path = tmp_path / f"truth{FORMS[form]}"
        write_submission(
            path, case.name, videos, lambda rows: {row["expression_id"]: Predicted(masks(row)) for row in rows}
        )
        if path.suffix == ".json":
            return path
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "truth")
        return tmp_path / "truth"
    (tmp_path / "truth").mkdir()
    for video, rows in videos.items():
        said = [
            {
                "text": row["expression"],
                "frame_indices": list(range(len(row["frame_names"]))),
                "scores": [1.0] * len(row["frame_names"]),
                "masks": masks(row),
            }
            for row in rows
        ]
        height, width = said[0]["masks"][0]["size"]
        content = {"video": video, "height": height, "width": width, "fps": None, "expressions": said}
        (tmp_path / "truth" / f"{video}.json").write_text(json.dumps(content))
    return tmp_path / "truth"


def test_the_truth_scores_1(case, evaluate, truth):
    report, said = evaluate("--from-predictions", truth)
    assert (report["benchmark"], report["split"]) == (case.name, case.split)
    assert (report["notes"], report["extra_videos"], report["failed"]) == ({}, [], {})
    name, count = case.counted
    assert report["scores"][case.line][name] == count
    assert {measure: report["scores"][case.line][measure] for measure in case.measures} == pytest.approx(
        dict.fromkeys(case.measures, 1.0)
    )
    assert said.err == ""
    if case.options and case.options[0] == "--option":
        assert report["options"] == {"split_by": "google"}


def test_a_model_is_scored_and_what_it_hands_in_scores_the_same(case, evaluate, tiny_checkpoint, tmp_path):
    form = benchmark_of(case.name).submission
    path = tmp_path / f"handed-in{FORMS.get(form)}"
    words = ("--submission", path) if form else ("--output", tmp_path / "run")
    report, _ = evaluate("--model", tiny_checkpoint, *words)
    line = report["scores"][case.line]
    assert line[case.counted[0]] == case.counted[1]
    assert 0 <= line[case.measures[0]] < 1
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "handed-in")
    again, _ = evaluate("--from-predictions", path.with_suffix("") if path.suffix == ".zip" else words[1])
    assert again["scores"] == report["scores"]


def test_hidden_masks_are_segmented_and_handed_in_and_not_scored(trees, tiny_checkpoint, tmp_path, capsys):
    root, path = trees.refer_youtube_vos(tmp_path / "tree"), tmp_path / "out.zip"
    command = ["evaluate", "--benchmark", "refer_youtube_vos", "--root", str(root), "--model", str(tiny_checkpoint)]
    assert cli.main([*command, "--device", "cpu", "--submission", str(path)]) == 0
    assert "2 videos were not scored: their masks are not public" in capsys.readouterr().out
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert names == [f"Annotations/{v}/{e}/{f}.png" for v in ("v0", "v1") for e in "01" for f in ("00000", "00020")]


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        # v_<video>_f_<frame>_i_<instance>
        ("a2d_sentences", ["v_a-test_f_2_i_0", "v_a-test_f_4_i_0", "v_a-test_f_4_i_3"]),
        # v_<video>_f_<frame>
        ("jhmdb_sentences", ["v_jump_a_f_2", "v_jump_a_f_4", "v_walk_b_f_2", "v_walk_b_f_4"]),
    ],
)
def test_results_with_the_ids_of_the_field(name, ids, trees, tmp_path, capsys):
    root = getattr(trees, name)(tmp_path / "tree")
    masks = [encode_rle(mask) for row in load_benchmark(name, root, "test") for mask in decode_masks(row)[0]]
    results = [
        {"image_id": key, "category_id": 1, "segmentation": mask, "score": 0.5}
        for key, mask in zip(ids, masks, strict=True)
    ]
    (tmp_path / "theirs.json").write_text(json.dumps(results))
    command = ["evaluate", "--benchmark", name, "--root", root, "--from-predictions", tmp_path / "theirs.json"]
    command += ["--json", tmp_path / "report.json", "--submission", tmp_path / "ours.json"]
    assert cli.main([*map(str, command)]) == 0
    assert capsys.readouterr().err == ""
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["scores"]["all"]["mean_iou"] == report["scores"]["all"]["map"] == 1.0
    assert (report["notes"], report["extra_videos"]) == ({}, [])
    assert [entry["image_id"] for entry in json.loads((tmp_path / "ours.json").read_text())] == ids
    truth = json.loads((tmp_path / "ours.ground_truth.json").read_text())
    assert [image["id"] for image in truth["images"]] == ids


def test_an_option_that_there_is_not(trees, tmp_path, capsys):
    root = trees.refcoco(tmp_path / "tree", "refcocog")
    command = ["evaluate", "--benchmark", "refcocog", "--root", str(root), "--option"]
    assert cli.main([*command, "split_bye=google"]) == 2
    error = "refcocog: expected options out of split_by, strict, allow_links, got split_bye (did you mean split_by?)"
    assert error in capsys.readouterr().err
    assert cli.main([*command, "split_by=google"]) == 2
    assert "expected the file refcocog/refs(google).p, got none" in capsys.readouterr().err
    assert cli.main(["evaluate", "--option", "seed=3"]) == 2
    assert "--option: expected it with another benchmark" in capsys.readouterr().err


def test_links_are_followed_where_the_error_says_how(trees, tmp_path, tiny_checkpoint, capsys):
    root = trees.refer_youtube_vos(tmp_path / "tree")
    (root / "train").rename(tmp_path / "elsewhere")
    (root / "train").symlink_to(tmp_path / "elsewhere")
    command = ["evaluate", "--benchmark", "refer_youtube_vos", "--root", str(root), "--split", "train"]
    command += ["--device", "cpu", "--model", str(tiny_checkpoint)]
    assert cli.main(command) == 2
    assert "give the option allow_links=True if you trust it" in capsys.readouterr().err
    assert cli.main([*command, "--option", "allow_links=True"]) == 0
