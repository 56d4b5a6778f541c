"""A folder is there whole, or not at all."""

import stat

import pytest

from refsam_hf.files.new_folder import new_folder


def test_it_is_there_at_the_end(tmp_path):
    with new_folder(tmp_path / "out") as aside:
        (aside / "lora").mkdir()
        (aside / "lora" / "weights").write_text("1")
        (aside / "lora" / "weights").chmod(0o600)
        assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert stat.S_IMODE((tmp_path / "out" / "lora" / "weights").stat().st_mode) == 0o644


@pytest.mark.parametrize("linked", [False, True])
def test_an_empty_one_is_filled(tmp_path, linked):
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with new_folder(tmp_path / ("link" if linked else "out")) as aside:
        (aside / "a").write_text("1")
    assert (tmp_path / "out" / "a").read_text() == "1"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_nothing(tmp_path, error):
    def fail():
        with new_folder(tmp_path / "out") as aside:
            (aside / "a").write_text("1")
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("1")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "full")
    monkeypatch.chdir(tmp_path / "here")
    for path in (tmp_path / "full", tmp_path / "full" / "mine", tmp_path / "here" / "link", "link"):
        with pytest.raises(FileExistsError, match="expected a new or an empty folder"), new_folder(path):
            pass
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(FileExistsError, match="got the current one"), new_folder(tmp_path / "empty"):
        pass
    assert (tmp_path / "full" / "mine").read_text() == "1"


def test_a_parent_that_is_not_there(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match="expected an existing folder to write into"),
        new_folder(tmp_path / "a/b"),
    ):
        pass
