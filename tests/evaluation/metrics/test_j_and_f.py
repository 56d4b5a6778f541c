import numpy as np
import pytest

from refsam_hf.evaluation import score_clip
from refsam_hf.evaluation.metrics import JAndF
from refsam_hf.evaluation.metrics.j_and_f import series_line


@pytest.mark.metric_reference
def test_equals_the_official_evaluation(reference_pair, rles):
    result = JAndF().compute(
        predictions=rles([reference_pair["prediction"]]),
        references=rles([reference_pair["ground_truth"]]),
        series=["pair"],
        frame=[0],
    )
    assert result["j"] == pytest.approx(reference_pair["J"], rel=0, abs=1e-9)
    assert result["f"] == pytest.approx(reference_pair["F"], rel=0, abs=1e-9)


def masks_of(values):
    """Masks and references, (T, 2, 1, 1000) bool, whose J are these values, to a thousandth."""
    reach = np.arange(1000)
    shares = np.round(np.asarray(values) * 1000)
    return np.stack([np.stack([reach < share, reach < 1000]) for share in shares])[:, :, None]


@pytest.mark.metric_reference
def test_statistics_equal_the_official_ones(reference_series):
    values = reference_series["values"]
    line = series_line({"j": values, "f": values})
    for name in ("j", "f"):
        assert line[name] == pytest.approx(reference_series["mean"], rel=0, abs=1e-9)
        assert line[f"{name}_recall"] == pytest.approx(reference_series["recall"], rel=0, abs=1e-9)
        assert line[f"{name}_decay"] == pytest.approx(reference_series["decay"], rel=0, abs=1e-9)


def test_decay_is_right_above_255_frames(rles):
    values = np.linspace(1, 0, 301)
    pairs = masks_of(values)
    result = JAndF().compute(
        predictions=rles(pairs[:, 0]), references=rles(pairs[:, 1]), series=["s"] * 301, frame=list(range(301))
    )
    first, last = values[:76], values[225:]  # 76 frames each: neighbours share one
    assert result["j_decay"] == pytest.approx(first.mean() - last.mean(), abs=1e-3)
    assert result["j_recall"] == pytest.approx((np.round(values, 3) > 0.5).mean())


def test_void_is_left_out_and_series_count_the_same(disks, rles):
    pairs, void = disks(5), np.zeros((5, 40, 56), bool)
    void[1:, :, 20:30] = True
    scores = [
        score_clip(pairs[:1, 0], pairs[:1, 1]),  # one frame
        score_clip(pairs[1:, 0], pairs[1:, 1], void[1:]),  # four
    ]
    result = JAndF().compute(
        predictions=rles(pairs[:, 0]),
        references=rles(pairs[:, 1]),
        void=[None, *rles(void[1:])],
        series=["one", *["four"] * 4],
        frame=[0, 0, 1, 2, 3],
        per_series=True,
    )
    assert result["series"] == 2
    assert result["j"] == pytest.approx(np.mean([score.j_mean for score in scores]))
    assert result["f"] == pytest.approx(np.mean([score.f_mean for score in scores]))
    assert result["j_and_f"] == pytest.approx(np.mean([score.j_and_f for score in scores]))
    assert result["per_series"]["four"]["j_frames"] == scores[1].j.tolist()
    assert scores[1].j_mean != score_clip(pairs[1:, 0], pairs[1:, 1]).j_mean


def test_an_unknown_option_is_an_error(disks, rles):
    metric = JAndF()
    metric.add_batch(predictions=rles(disks(1)[0][:1]), references=rles(disks(1)[0][1:]), series=["a"], frame=[0])
    with pytest.raises(ValueError, match="expected per_series or none, got threshold"):
        metric.compute(threshold=0.5)
