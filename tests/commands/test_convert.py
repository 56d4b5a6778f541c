"""`refsam convert`; what it makes is tested with `refsam_hf.hub.convert`."""

import pytest

from refsam_hf import TINY_CHECKPOINT, cli
from refsam_hf.hub import convert, forms
from refsam_hf.hub.convert import Conversion
from refsam_hf.hub.pieces import PIECES


@pytest.fixture
def given(monkeypatch):
    """What the command asks the library for, which then writes nothing; its answer can be set."""
    calls = []

    def record(output, **options):
        calls.append((output, options))
        return given.answer

    class given:
        asked = calls
        answer = Conversion(untrained=(), lora_rank=None)

    monkeypatch.setattr(convert, "convert_sam", record)
    return given


@pytest.fixture
def sam(tmp_path):
    path = tmp_path / "sam.pth"
    path.write_bytes(b"")
    return str(path)


def test_a_sam_and_a_text_encoder(given, sam, capsys):
    given.answer = Conversion(untrained=("cross_modal_mlp", "implicit_tracking"), lora_rank=None)
    assert cli.main(["convert", sam, "out", "--text", "t5"]) == 0
    options = {"vision": sam, "text": "t5", "pieces": {}, "dense_embeddings": None, "merge": False}
    assert given.asked == [("out", options)]
    assert capsys.readouterr().out == "wrote out\nnot trained yet: cross_modal_mlp, implicit_tracking\n"


def test_the_authors_files(given, sam, capsys):
    given.answer = Conversion(untrained=(), lora_rank=4)
    files = [argument for name in PIECES for argument in (f"--{name.replace('_', '-')}", f"{name}.pth")]
    assert cli.main(["convert", sam, "out", "--text", "t5", *files, "--dense-embeddings", "da", "--merge-lora"]) == 0
    pieces = {name: f"{name}.pth" for name in PIECES}
    options = {"vision": sam, "text": "t5", "pieces": pieces, "dense_embeddings": "da", "merge": True}
    assert given.asked == [("out", options)]
    assert capsys.readouterr().out == "wrote out\nwrote out/lora, a PEFT adapter of rank 4: the model needs it\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--text: expected the checkpoint of a text encoder, such as google-t5/t5-small, got none"),
        (
            ["--text", "t5", "--merge-lora"],
            "--merge-lora: expected --image-encoder-blocks, which may hold LoRA, got none",
        ),
        (["--text", "t5", "--vision", "v"], "--vision: expected a RefSAM as SOURCE, got the SAM '"),
        (["--text", "t5", "--dense-embeddings", "dense"], "dense_embeddings: expected one of ('hda', "),
    ],
)
def test_a_bad_option_is_one_line(sam, tmp_path, capsys, options, message):
    assert cli.main(["convert", sam, str(tmp_path / "out"), *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["sam.pth"]


def test_from_one_form_to_the_other(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(
        forms, "convert_form", lambda *args, **options: asked.append((args, options)) or "adapter-only"
    )
    assert cli.main(["convert", TINY_CHECKPOINT, "out", "--text", "t5", "--vision", "sam"]) == 0
    assert asked == [((TINY_CHECKPOINT, "out"), {"text": "t5", "vision": "sam"})]
    assert capsys.readouterr().out == "wrote out, adapter-only\n"


@pytest.mark.parametrize("options", [["--merge-lora"], ["--resizer", "a.pth"], ["--dense-embeddings", "da"]])
def test_options_that_are_for_a_sam(tmp_path, capsys, options):
    assert cli.main(["convert", TINY_CHECKPOINT, str(tmp_path / "out"), *options]) == 2
    assert f"{options[0]}: expected a SAM as SOURCE, got the RefSAM '{TINY_CHECKPOINT}'" in capsys.readouterr().err


def test_the_bundled_checkpoint_was_built_over_nothing(tmp_path, capsys):
    assert cli.main(["convert", TINY_CHECKPOINT, str(tmp_path / "out")]) == 2
    assert "expected a model that was built over a SAM and a text checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_is_no_sam(tmp_path, capsys):
    (tmp_path / "config.json").write_text('{"model_type": "t5"}')
    assert cli.main(["convert", str(tmp_path), str(tmp_path / "out"), "--text", "t5"]) == 2
    said = capsys.readouterr().err
    assert f"SOURCE: expected a SAM or a RefSAM, got '{tmp_path}' of model_type 't5'" in said
    (tmp_path / "config.json").unlink()
    assert cli.main(["convert", str(tmp_path / "none.pth"), str(tmp_path / "out"), "--text", "t5"]) == 2
    said = capsys.readouterr().err
    expected = "SOURCE: expected a .pth file, a folder or a Hub name of a SAM or a RefSAM, got"
    assert f"{expected} '{tmp_path / 'none.pth'}': " in said
    assert list(tmp_path.iterdir()) == []


def test_it_has_help(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["convert", "--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert all(f"--{name.replace('_', '-')}" in said for name in PIECES)
