import warnings

import pytest

from refsam_hf import cli


@pytest.mark.parametrize("command", [command.__name__.rpartition(".")[2] for command in cli.COMMANDS])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    assert f"refsam {command}" in capsys.readouterr().out


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (1, 1)])
def test_a_command_may_give_the_exit_code(monkeypatch, result, code):
    monkeypatch.setattr(cli.segment, "run", lambda options: result)
    assert cli.main(["segment", "clip.mp4", "the circle"]) == code


def test_an_unknown_command_is_exit_code_2(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["segmnet"])
    assert stop.value.code == 2
    assert "segmnet" in capsys.readouterr().err


@pytest.mark.parametrize("error", [ValueError("a\n  b"), OSError("a b")])
def test_an_error_is_one_line_and_exit_code_2(monkeypatch, capsys, error):
    def fail(options):
        raise error

    monkeypatch.setattr(cli.segment, "run", fail)
    assert cli.main(["segment", "clip.mp4", "the circle"]) == 2
    assert capsys.readouterr().err == "refsam: error: a b\n"


def test_a_bug_keeps_its_traceback(monkeypatch):
    def fail(options):
        raise KeyError("a bug")

    monkeypatch.setattr(cli.segment, "run", fail)
    with pytest.raises(KeyError):
        cli.main(["segment", "clip.mp4", "the circle"])


def test_an_interrupt_is_exit_code_130(monkeypatch, capsys):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.segment, "run", interrupt)
    assert cli.main(["segment", "clip.mp4", "the circle"]) == 130
    assert capsys.readouterr().err == "refsam: interrupted\n"  # an evaluation has written what it had, so no more


def test_warnings_are_one_line_and_stay_in_the_command(monkeypatch, capsys):
    def warn(options):
        warnings.warn("the file is short", UserWarning, stacklevel=1)

    monkeypatch.setattr(cli.segment, "run", warn)
    before = warnings.showwarning
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert cli.main(["segment", "clip.mp4", "the circle"]) == 0
    assert capsys.readouterr().err == "refsam: warning: the file is short\n"
    assert warnings.showwarning is before
