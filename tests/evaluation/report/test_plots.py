import pytest
from PIL import Image

pytest.importorskip("matplotlib")

from refsam_hf.evaluation.report.plots import plot_frames, plot_kinds, plot_videos, scores_by_video


def items():
    made = []
    for number in range(4):
        series = [0.2 * number] * (5 + 30 * number)
        made.append(
            {"video_id": f"v{number % 3}", "kind": "ab"[number % 2], "score": 0.2 * number, "j": series, "f": series}
        )
    return made


def test_videos_from_the_worst_on():
    assert scores_by_video(items()) == pytest.approx({"v1": 0.2, "v0": 0.3, "v2": 0.4})
    assert list(scores_by_video(items())) == ["v1", "v0", "v2"]


def test_frames_that_do_not_count_do_not_show(tmp_path):
    pictures = []
    for number, (unscored, scored) in enumerate([(0.0, [False, True] * 10), (1.0, [False, True] * 10), (1.0, None)]):
        series = [unscored, 0.5] * 10
        item = {"video_id": "v", "kind": "a", "score": 0.5, "j": series, "f": series}
        plot_frames(tmp_path / f"{number}.png", [item | ({} if scored is None else {"scored": scored})])
        pictures.append((tmp_path / f"{number}.png").read_bytes())
    assert pictures[0] == pictures[1]
    assert pictures[1] != pictures[2]


@pytest.mark.parametrize("plot", [plot_videos, plot_kinds, plot_frames])
@pytest.mark.parametrize("count", [1, 4])
def test_each_is_a_picture(plot, count, tmp_path):
    plot(tmp_path / "plot.png", items()[:count])
    with Image.open(tmp_path / "plot.png") as image:
        assert image.format == "PNG"
        assert len(image.convert("RGB").getcolors(1 << 24)) > 10
    assert [path.name for path in tmp_path.iterdir()] == ["plot.png"]
