"""What every output promises: whole or absent, and an early error where it cannot be written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from refsam_hf.video import VideoError
from refsam_hf.video.contact_sheet import ContactSheet
from refsam_hf.video.masks_json import MasksJson
from refsam_hf.video.output import MaskOutput
from refsam_hf.video.palette_folder import PaletteFolder
from refsam_hf.video.writer import OverlayWriter

TEXTS = ["the square", "the other one"]
FRAME = np.full((32, 48, 3), 90, np.uint8)
MASKS = np.zeros((2, 32, 48), bool)
MASKS[0, 4:12, 4:12] = True
SCORES = np.array([0.9, 0.1])

OUTPUTS: dict[str, Callable[..., MaskOutput]] = {
    "clip.mp4": lambda path, texts=TEXTS: OverlayWriter(path, 10.0, texts),
    "clip.gif": lambda path, texts=TEXTS: OverlayWriter(path, 10.0, texts),
    "sheet.png": lambda path, texts=TEXTS: ContactSheet(path, texts),
    "masks.json": lambda path, texts=TEXTS: MasksJson(path, texts, video="clip", fps=None),
    "masks": lambda path, texts=TEXTS: PaletteFolder(path, texts),
}


@pytest.fixture(params=OUTPUTS)
def kind(request: pytest.FixtureRequest) -> str:
    """The name of an output; `OUTPUTS` makes one of it."""
    return request.param


def fill(output: MaskOutput) -> None:
    for _ in range(3):
        output.write(FRAME, MASKS, SCORES)


def test_whole_at_the_end_and_nothing_before(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    with OUTPUTS[kind](path) as output:
        fill(output)
        assert not path.exists()
        assert output.frames == 3
    assert path.exists()
    assert [entry.name for entry in tmp_path.iterdir()] == [kind]  # what was aside is gone


def test_an_exception_leaves_nothing(kind: str, tmp_path: Path) -> None:
    def fail() -> None:
        with OUTPUTS[kind](tmp_path / kind) as output:
            fill(output)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_an_exception_leaves_what_was_there_before(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    if "." not in kind:
        path.mkdir()
    else:
        path.write_bytes(b"old")
    output = OUTPUTS[kind](path)
    fill(output)
    output.discard()
    assert [entry.name for entry in tmp_path.iterdir()] == [kind]
    assert path.is_dir() or path.read_bytes() == b"old"


def test_an_old_output_is_replaced(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    if "." not in kind:
        path.mkdir()
    else:
        path.write_bytes(b"old")
    with OUTPUTS[kind](path) as output:
        fill(output)
    assert any(path.iterdir()) if path.is_dir() else path.read_bytes() != b"old"


def test_the_empty_folder_that_a_link_points_to_is_filled(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "masks")
    with OUTPUTS["masks"](tmp_path / "link") as output:
        fill(output)
    assert (tmp_path / "link").is_symlink()
    assert len(list((tmp_path / "masks").iterdir())) == 3


def test_an_error_at_the_very_end_leaves_nothing(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = OUTPUTS[kind](tmp_path / kind)
    fill(output)

    def full() -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(output, "_finish", full)
    with pytest.raises(OSError, match="no space left"):
        output.close()
    assert list(tmp_path.iterdir()) == []


def test_without_a_frame(kind: str, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=rf"{kind}: expected at least one frame"), OUTPUTS[kind](tmp_path / kind):
        pass
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_missing(kind: str, tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=rf"{kind}: expected an existing folder to write into, got '.*missing'"
    ):
        OUTPUTS[kind](tmp_path / "missing" / kind)


def test_folder_that_cannot_be_written_to(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system says it; the tests may run as a user who may do anything."""

    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", denied)
    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(
        PermissionError, match=rf"{kind}: expected a folder that can be written to, got Permission denied"
    ):
        OUTPUTS[kind](tmp_path / kind)


def test_name_of_a_folder_or_a_file_in_the_way(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    if "." in kind:
        path.mkdir()
        with pytest.raises(IsADirectoryError, match=rf"{kind}: expected the name of a file to write, got a folder"):
            OUTPUTS[kind](path)
        return
    path.mkdir()
    (path / "00000.png").touch()
    with pytest.raises(FileExistsError, match="masks: expected a new or an empty folder"):
        OUTPUTS[kind](path)
    (path / "file").touch()
    with pytest.raises(FileExistsError, match="file: expected a new or an empty folder"):
        OUTPUTS[kind](path / "file")


@pytest.mark.parametrize("kind", [name for name in OUTPUTS if "." in name])  # a folder may have any name
def test_unknown_suffix(kind: str, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"clip.xyz: expected a name that ends in .*, got 'clip.xyz'"):
        OUTPUTS[kind](tmp_path / "clip.xyz")
    assert list(tmp_path.iterdir()) == []


def test_no_expression(kind: str, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=rf"{kind}: expected at least one expression, got none"):
        OUTPUTS[kind](tmp_path / kind, texts=[])


@pytest.mark.parametrize(
    ("frame", "masks", "scores", "message"),
    [
        (FRAME / 255, MASKS, SCORES, "expected a uint8 frame"),
        (FRAME[..., 0], MASKS, SCORES, "expected a uint8 frame"),
        (FRAME[:, :40], MASKS[:, :, :40], SCORES, "expected the size of the first frame"),
        (FRAME, MASKS.astype(np.uint8), SCORES, r"expected bool masks \(2, 32, 48\), got uint8"),
        (FRAME, MASKS[:1], SCORES, r"expected bool masks \(2, 32, 48\), got bool of shape \(1, 32, 48\)"),
        (FRAME, MASKS.transpose(0, 2, 1), SCORES, "expected bool masks"),
        (FRAME, MASKS, SCORES[:1], "expected 2 finite scores"),
        (FRAME, MASKS, [0.5, float("nan")], "expected 2 finite scores"),
    ],
)
def test_what_does_not_fit(frame: Any, masks: Any, scores: Any, message: str, kind: str, tmp_path: Path) -> None:
    output = OUTPUTS[kind](tmp_path / kind)
    output.write(FRAME, MASKS, SCORES)
    with pytest.raises(VideoError, match=rf"{kind}, frame 1: {message}"):
        output.write(frame, masks, scores)
    output.discard()


def test_tensors_are_taken(kind: str, tmp_path: Path) -> None:
    with OUTPUTS[kind](tmp_path / kind) as output:
        output.write(FRAME, torch.from_numpy(MASKS), torch.from_numpy(SCORES))
    assert (tmp_path / kind).exists()
    assert output.frames == 1


def test_files_get_the_permissions_that_files_get(kind: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir() if "." not in kind else plain.touch()
    with OUTPUTS[kind](tmp_path / kind) as output:
        fill(output)
    assert (tmp_path / kind).stat().st_mode == plain.stat().st_mode
