import dataclasses
import json
import math

import pytest
from peft import PeftConfig
from peft.utils import PeftType

from refsam_hf import RefSamAdapterConfig


def test_every_option_says_what_it_is():
    names = RefSamAdapterConfig.__annotations__
    own = [field for field in dataclasses.fields(RefSamAdapterConfig) if field.name in names]
    assert len(own) == 13
    assert all(field.metadata["help"].endswith(".") for field in own)


def test_saved_and_read_as_one_of_peft(tmp_path):
    config = RefSamAdapterConfig(width_ratio=0.5, target_modules={"b", "a"}, parallel_modules=("a",))
    assert config.target_modules == ["a", "b"]  # the same file each time
    config.save_pretrained(tmp_path)
    read = PeftConfig.from_pretrained(tmp_path)
    assert type(read) is RefSamAdapterConfig
    assert read == config
    assert read.peft_type is PeftType.REFSAM_ADAPTER
    own = RefSamAdapterConfig.from_pretrained(tmp_path)
    assert own == config
    assert own.source == (str(tmp_path), None, {})
    assert "source" not in json.loads((tmp_path / "adapter_config.json").read_text())


@pytest.mark.parametrize(
    ("parallel_modules", "names"),
    [
        (None, set()),
        (["mlp"], {"a.mlp", "mlp"}),
        (["a.mlp", "x"], {"a.mlp", "a.x"}),
        (r"a\..*", {"a.mlp", "a.x", "a.mmlp"}),
    ],
)
def test_which_are_parallel(parallel_modules, names):
    config = RefSamAdapterConfig(target_modules=["mlp", "x"], parallel_modules=parallel_modules)
    assert {name for name in ("a.mlp", "mlp", "a.x", "a.mmlp") if config.is_parallel(name)} == names


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width_ratio": 0}, "width_ratio must be above 0, got 0"),
        ({"width_ratio": "wide"}, "width_ratio must be a finite number, got 'wide'"),
        ({"width_ratio": True}, "width_ratio must be a finite number, got True"),
        ({"serial_scale": math.nan}, "serial_scale must be a finite number, got nan"),
        ({"parallel_scale": None}, "parallel_scale must be a finite number, got None"),
        ({"parallel_modules": ["mlp"]}, "parallel_modules needs target_modules"),
        ({"exclude_modules": ["mlp"]}, "exclude_modules needs target_modules"),
        ({"layers_pattern": "layers"}, "layers_pattern needs target_modules"),
        ({"target_modules": ["a"], "layers_pattern": "layers"}, "layers_pattern needs layers_to_transform"),
        ({"target_modules": "a", "layers_to_transform": [1]}, "needs target_modules to be a list or None"),
        ({"target_modules": ["a"], "mlp_adapter": False}, "space_adapter and mlp_adapter are for a SAM tower"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        RefSamAdapterConfig(**options)
