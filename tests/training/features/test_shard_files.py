"""Files of kept features: what is written is read, and what is none is named."""

import pytest
import torch
from safetensors.torch import save_file

from refsam_hf.training.features.shard_files import read_clip, read_facts, write_shard

CLIPS = [
    {
        "visual_embedding": torch.randn(3, 4, 2, 2).half(),
        "intermediate_embeddings.0": torch.randn(3, 2, 2, 5).half(),
        "labels": torch.ones(2, 3, 8, 8, dtype=torch.uint8),
        "object_masks": torch.zeros(0, 3, 8, 8, dtype=torch.uint8),
    },
    {"visual_embedding": torch.randn(3, 4, 2, 2).half(), "candidates": torch.tensor([[True, False]])},
]


@pytest.fixture
def shard(tmp_path):
    write_shard(tmp_path / "00000.safetensors", {"tower": "x", "sizes": [1, 2]}, CLIPS)
    return tmp_path / "00000.safetensors"


def test_clips_come_back_with_the_frames_that_are_asked_for(shard):
    assert read_facts(shard) == {"tower": "x", "sizes": [1, 2]}
    first, second = read_clip(shard, 0, [0, 2]), read_clip(shard, 1, [1])
    assert first.keys() == CLIPS[0].keys()
    assert second.keys() == CLIPS[1].keys()
    for name in ("visual_embedding", "intermediate_embeddings.0"):
        assert torch.equal(first[name], CLIPS[0][name][[0, 2]])
    for name in ("labels", "object_masks"):
        assert torch.equal(first[name], CLIPS[0][name])
    assert torch.equal(second["visual_embedding"], CLIPS[1]["visual_embedding"][1:2])
    assert [path.name for path in shard.parent.iterdir()] == ["00000.safetensors"], "nothing is left beside it"
    assert shard.stat().st_mode & 0o777 == 0o644


def test_another_file_is_named(shard, tmp_path):
    shard.write_bytes(shard.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"00000.safetensors: expected kept features: .*"):
        read_facts(shard)
    save_file({"weights": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"model.safetensors: expected kept features: got a file of the format None"):
        read_facts(tmp_path / "model.safetensors")
    with pytest.raises(OSError, match=r"gone.safetensors: expected kept features"):
        read_facts(tmp_path / "gone.safetensors")
