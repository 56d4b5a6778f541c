"""Result files are whole or absent."""

import pytest

from refsam_hf.files.written_aside import written_aside


def test_the_new_content_replaces_the_old_at_the_end(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    with written_aside(path) as aside:
        aside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_stood_there(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises(TypeError), written_aside(path) as aside:
        aside.write_text(None)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_an_error_at_once(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected an existing folder"), written_aside(tmp_path / "no" / "a"):
        pytest.fail("the block was entered")
    with pytest.raises(IsADirectoryError, match="got a folder"), written_aside(tmp_path):
        pytest.fail("the block was entered")
