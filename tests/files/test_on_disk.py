"""What is written is on the disk."""

import os

from refsam_hf.files.on_disk import flush


def test_a_file_is_opened_as_the_system_wants_it(tmp_path, monkeypatch):
    """Windows flushes only what is open for writing."""
    path = tmp_path / "a"
    path.touch()
    path.chmod(0o444)
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, flags: opened.append(flags) or real(path, os.O_RDONLY))
    for system in ("posix", "nt"):
        with monkeypatch.context() as patch:
            patch.setattr(os, "name", system)
            flush(path)
    assert opened == [os.O_RDONLY, os.O_RDWR]
