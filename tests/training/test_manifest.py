"""A manifest notices whatever happens to what it lists."""

import itertools
import json

import pytest

from refsam_hf.training.manifest import MANIFEST, DamagedError, read_manifest, write_manifest


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").write_bytes(bytes(range(256)))
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b").write_bytes(b"b")
    (tmp_path / "empty").write_bytes(b"")
    write_manifest(tmp_path, {"step": 3, "rate": 0.1, "name": None})
    return tmp_path


def test_facts_come_back(folder):
    assert read_manifest(folder) == {"step": 3, "rate": 0.1, "name": None}
    assert set(json.loads((folder / MANIFEST).read_text())["files"]) == {"a", "inner/b", "empty"}


@pytest.mark.parametrize("name", ["a", "inner/b", "empty"])
def test_a_file_that_is_missing_cut_longer_or_changed(folder, name):
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content + b"x")
    with pytest.raises(DamagedError, match=f"{name} has {len(content) + 1} bytes, {len(content)} were written"):
        read_manifest(folder)
    if content:
        path.write_bytes(content[:-1])
        with pytest.raises(DamagedError, match=f"{name} has {len(content) - 1} bytes"):
            read_manifest(folder)
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(DamagedError, match=f"{name} has other content"):
            read_manifest(folder)
    path.unlink()
    with pytest.raises(DamagedError, match=f"{name} is missing"):
        read_manifest(folder)


def test_any_flipped_bit_of_the_manifest_itself(folder):
    content = (folder / MANIFEST).read_bytes()
    for place, bit in itertools.product(range(0, len(content), 11), (0, 4, 7)):
        changed = bytearray(content)
        changed[place] ^= 1 << bit
        (folder / MANIFEST).write_bytes(changed)
        try:
            facts = read_manifest(folder)
        except DamagedError:
            continue
        # another space between two words of JSON says the same
        assert chr(content[place]).isspace()
        assert facts == {"step": 3, "rate": 0.1, "name": None}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null", '{"sha256": 1}'])
def test_what_is_no_manifest(folder, content):
    (folder / MANIFEST).write_text(content)
    with pytest.raises(DamagedError, match=MANIFEST):
        read_manifest(folder)


def test_no_manifest(tmp_path):
    with pytest.raises(DamagedError, match=f"{MANIFEST} is missing"):
        read_manifest(tmp_path)
