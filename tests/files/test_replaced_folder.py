"""A folder that changes all at once."""

import itertools
import stat
from functools import partial

import pytest

from refsam_hf.files import replaced_folder as module
from refsam_hf.files.replaced_folder import clear_unfinished, replaced_folder


def fill(folder, text):
    (folder / "a").write_text(text)
    (folder / "b").write_text(text)


@pytest.fixture(params=["in one instant", "in two steps"])
def system(request, monkeypatch):
    if request.param == "in two steps":
        monkeypatch.setattr(module, "_exchange", lambda first, second: False)


def test_the_new_one_takes_the_place_of_the_old(tmp_path, system):
    with replaced_folder(tmp_path / "made" / "out") as aside:
        fill(aside, "1")
    with replaced_folder(tmp_path / "made" / "out") as aside:
        assert (aside / "a").read_text() == "1", "it starts with what is there"
        (aside / "b").unlink()
    assert [path.name for path in (tmp_path / "made" / "out").iterdir()] == ["a"]
    with replaced_folder(tmp_path / "made" / "out", empty=True) as aside:
        assert list(aside.iterdir()) == []
        (aside / "c").write_text("2")
    assert [path.name for path in (tmp_path / "made" / "out").iterdir()] == ["c"]
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["out"], "nothing is left beside it"


def test_an_error_leaves_the_old_one(tmp_path, system):
    with replaced_folder(tmp_path / "out") as aside:
        fill(aside, "1")

    def fail():
        with replaced_folder(tmp_path / "out", empty=True) as aside:
            fill(aside, "2")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (tmp_path / "out" / "b").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_stays(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(NotADirectoryError, match="got a file"), replaced_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("path", [".", "..", "../link"])
def test_the_current_folder_is_not_taken_away(tmp_path, monkeypatch, path):
    """A process would then be in a folder that is gone."""
    (tmp_path / "out" / "in").mkdir(parents=True)
    (tmp_path / "out" / "link").symlink_to(tmp_path / "out" / "in")
    monkeypatch.chdir(tmp_path / "out" / "in")
    with pytest.raises(FileExistsError, match="got the current one, one around it, or a mount"), replaced_folder(path):
        pytest.fail("the block was entered")
    with replaced_folder("../other") as aside:
        fill(aside, "1")
    assert {child.name for child in (tmp_path / "out").iterdir()} == {"in", "link", "other"}


def test_a_current_folder_that_is_gone_is_no_obstacle(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with replaced_folder(tmp_path / "out") as aside:
        fill(aside, "1")
    assert (tmp_path / "out" / "a").read_text() == "1"


def test_what_was_written_is_readable_for_all_and_the_rest_as_it_was(tmp_path):
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out", "1")
    (tmp_path / "out" / "script").write_text("1")
    (tmp_path / "out" / "script").chmod(0o755)
    for name in "ab":
        (tmp_path / "out" / name).chmod(0o600)
    with replaced_folder(tmp_path / "out") as aside:
        (aside / "a").write_text("2")
        (aside / "new").touch(0o600)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert modes == {"a": 0o644, "new": 0o644, "b": 0o600, "script": 0o755}


def test_a_kill_at_any_operation_leaves_a_whole_folder_under_the_name(tmp_path, killed):
    with replaced_folder(tmp_path / "out") as aside:
        fill(aside, "0")

    def replace(text):
        with replaced_folder(tmp_path / "out", empty=True) as aside:
            fill(aside, text)

    seen = set()
    for operation in itertools.count():
        died = killed(partial(replace, str(operation + 1)), operation=operation)
        first, second = ((tmp_path / "out" / name).read_text() for name in "ab")
        assert first == second
        seen.add(first == str(operation + 1))
        if not died:
            break
    assert operation > 10
    assert seen == {False, True}, "some were killed before, some after it was there"
    clear_unfinished(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_was_caught_away_is_put_back(tmp_path):
    away, half = tmp_path / ".out-0123456789ab-old", tmp_path / ".out-0123456789ab"
    other = tmp_path / ".out-of-mine"
    for folder, text in ((away, "old"), (half, "new"), (other, "other")):
        folder.mkdir()
        fill(folder, text)
    clear_unfinished(tmp_path / "out")
    assert (tmp_path / "out" / "a").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"out", ".out-of-mine"}
