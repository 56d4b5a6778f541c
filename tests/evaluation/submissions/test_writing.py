import pytest

from refsam_hf.benchmarks import BENCHMARKS
from refsam_hf.evaluation.submissions import FORMS, check_submission


def test_every_benchmark_of_a_paper_has_a_form():
    without = {name for name, benchmark in BENCHMARKS.items() if benchmark.submission is None}
    assert without == {"shapes", "own_clips", "youtube_vis"}
    assert {benchmark.submission for benchmark in BENCHMARKS.values()} - {None} == set(FORMS)


def test_what_cannot_be_written_is_found_early(tmp_path):
    with pytest.raises(ValueError, match=r"expected a benchmark that has a form of it .*, got 'shapes'"):
        check_submission(tmp_path / "out.zip", "shapes")
    with pytest.raises(ValueError, match=r"expected a name that ends in \.zip for mevis, got 'out\.json'"):
        check_submission(tmp_path / "out.json", "mevis")
    with pytest.raises(ValueError, match=r"expected a name that ends in \.json for refcoco, got 'out\.zip'"):
        check_submission(tmp_path / "out.zip", "refcoco")
    with pytest.raises(FileNotFoundError, match="expected an existing folder to write into"):
        check_submission(tmp_path / "none" / "out.zip", "mevis")
    assert check_submission(tmp_path / "out.zip", "mevis") == "expression_masks"
