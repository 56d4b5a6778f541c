"""Pickles are read without running their code, and damage is an error that names the file."""

import collections
import os
import pickle

import pytest
import torch

from refsam_hf.hub.pickles import read_state_dict


class Evil:
    def __reduce__(self):
        return os.mkdir, ("run",)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "weights.pth"


def test_a_state_dict_comes_back(path):
    state = torch.nn.Linear(3, 2).state_dict()
    torch.save(state, path)
    read = read_state_dict(path)
    assert type(read) is dict
    assert read.keys() == state.keys()
    assert all(torch.equal(read[name], value) for name, value in state.items())


def test_the_old_format_of_torch_too(path):
    state = {"a": torch.randn(3)}
    torch.save(state, path, _use_new_zipfile_serialization=False)
    assert torch.equal(read_state_dict(path)["a"], state["a"])


@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_not_run(path, zipped):
    torch.save({"a": torch.zeros(1), "b": Evil()}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(
        ValueError, match=r"weights.pth: expected a whole file of torch.save with tensors alone, got one"
    ):
        read_state_dict(path)
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ValueError, match=r"weights.pth: expected a whole file"):
        read_state_dict(path)
    assert not os.path.exists("run")
    pickle.loads(pickle.dumps(Evil()))  # it would have
    assert os.path.exists("run")


def test_classes_are_not_made(path):
    torch.save(torch.nn.Linear(3, 2), path)
    with pytest.raises(ValueError, match=r"weights.pth: expected a whole file") as caught:
        read_state_dict(path)
    assert "weights_only" not in str(caught.value)  # torch's advice is to switch the safety off


@pytest.mark.parametrize("zipped", [True, False])
def test_a_cut_file(path, zipped):
    torch.save({f"weight {i}": torch.randn(50) for i in range(5)}, path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    for length in [0, 1, 2, 10, 100, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"weights.pth: "):
            read_state_dict(path)


def test_noise(path):
    for seed in range(20):
        noise = torch.randint(256, (300,), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
        path.write_bytes(noise.numpy().tobytes())
        with pytest.raises(ValueError, match=r"weights.pth: "):
            read_state_dict(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.zeros(1)], "weights.pth: expected a state dict, names and their tensors, got list"),
        ({"model": {"a": torch.zeros(1)}}, "weights.pth: model: expected a tensor, got dict"),
        ({"epoch": 3}, "weights.pth: epoch: expected a tensor, got int"),
        ({3: torch.zeros(1)}, "weights.pth: expected names of weights, got 3"),
        ({"a": torch.zeros(1, dtype=torch.int64)}, "a: expected a dense tensor of floats, got one of torch.int64"),
        ({"a": torch.zeros(2, 2).to_sparse()}, "a: expected a dense tensor of floats, got one of .*sparse"),
        ({"a": torch.zeros(2, device="meta")}, "a: expected a dense tensor of floats, got one of .*meta"),
        (collections.OrderedDict(a=None), "a: expected a tensor, got NoneType"),
    ],
)
def test_other_things_than_a_state_dict(path, content, message):
    torch.save(content, path)
    with pytest.raises(ValueError, match=message):
        read_state_dict(path)


def test_a_file_that_is_not_there(path, tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"weights.pth: expected a file of weights \(.pth\), got nothing there"
    ):
        read_state_dict(path)
    with pytest.raises(FileNotFoundError, match="got a folder"):
        read_state_dict(tmp_path)
