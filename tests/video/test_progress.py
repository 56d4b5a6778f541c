"""The progress bar."""

import sys
import time

import pytest

from refsam_hf.video import progress as module
from refsam_hf.video.progress import progress


def test_items_pass_through() -> None:
    assert list(progress(iter("abc"), total=2, desc="letters")) == ["a", "b", "c"]


def test_silent_when_it_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    list(progress(range(100)))
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_stderr_when_it_takes_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DELAY", 0.05)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    for enabled in (True, False):
        for _ in progress(range(4), total=4, desc="frames", enabled=enabled):
            time.sleep(0.12)
        output = capsys.readouterr()
        assert output.out == ""
        assert ("frames" in output.err) is enabled


def test_no_bar_in_a_log_file(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DELAY", 0.0)
    for _ in progress(range(2)):
        time.sleep(0.12)
    assert capsys.readouterr() == ("", "")
