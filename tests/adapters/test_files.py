import pytest
import torch
from safetensors.torch import save_file

from refsam_hf import RefSamAdapterConfig
from refsam_hf.adapters.files import check_shapes, find_weights, read_adapter, read_config, read_shapes, read_weights


@pytest.fixture
def folder(tmp_path):
    RefSamAdapterConfig(width_ratio=0.5).save_pretrained(tmp_path)
    weights = {"base_model.model.a.weight": torch.ones(2, 3), "base_model.model.b": torch.zeros(4)}
    save_file(weights, tmp_path / "adapter_model.safetensors")
    return tmp_path


def test_an_adapter_is_read(folder):
    config, weights = read_adapter(folder)
    assert config == RefSamAdapterConfig(width_ratio=0.5)
    assert torch.equal(weights["base_model.model.a.weight"], torch.ones(2, 3))
    assert read_shapes(find_weights(folder)) == {"a.weight": (2, 3), "b": (4,)}
    assert read_adapter(folder.parent, subfolder=folder.name)[0] == config


@pytest.mark.parametrize("read", [read_shapes, read_weights])
@pytest.mark.parametrize("size", [0, 7, 60, -1])
def test_a_file_that_is_cut_off_is_named(folder, read, size):
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=f"{path}: expected whole safetensors files, got one that is damaged"):
        read(str(path))


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=str(tmp_path)):
        read_config(tmp_path)
    with pytest.raises(OSError, match=r"adapter_model\.safetensors"):
        find_weights(tmp_path)


def test_a_config_with_options_of_a_later_version(folder):
    path = folder / "adapter_config.json"
    path.write_text(path.read_text().replace('"width_ratio": 0.5', '"width_ratio": 0.5, "new_option": 1'))
    with pytest.warns(UserWarning, match=r"Unexpected keyword arguments \['new_option'\]"):
        assert read_config(folder) == RefSamAdapterConfig(width_ratio=0.5)


def test_what_differs_is_named():
    expected = {"a": (2, 3), "b": (4,), **{f"c.{index}": (1,) for index in range(9)}}
    check_shapes(expected, dict(expected), "file")
    with pytest.raises(ValueError, match="expected exactly") as error:
        check_shapes(expected, {"a": (2, 2), "d": (1,)}, "file")
    assert str(error.value) == (
        "file: expected exactly the weights of the adapter in this model, got missing: b, c.0, c.1, c.2, c.3, c.4 and "
        "4 more; unknown: d; of another shape: a (2, 2) for (2, 3)"
    )
