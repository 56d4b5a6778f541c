"""What transformers and PEFT know of RefSAM once it is imported."""

import json
import pickle

from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING, PEFT_TYPE_TO_PREFIX_MAPPING, PEFT_TYPE_TO_TUNER_MAPPING
from peft.utils import PeftType
from transformers import AutoConfig, AutoModel, AutoProcessor

from refsam_hf import RefSamAdapterConfig, RefSamConfig, RefSamModel, RefSamProcessor
from refsam_hf.adapters import RefSamAdapterModel

EVIL = """
from pathlib import Path
Path(__file__).with_name("ran").write_text("")
from refsam_hf import RefSamConfig, RefSamModel, RefSamProcessor
class EvilConfig(RefSamConfig): pass
class EvilModel(RefSamModel): pass
class EvilProcessor(RefSamProcessor): pass
"""


def test_auto_classes(tiny_config):
    assert type(AutoConfig.for_model("refsam")) is RefSamConfig
    assert type(AutoModel.from_config(tiny_config())) is RefSamModel


def test_no_code_of_a_checkpoint_is_run(tiny_model, tiny_processor, tmp_path):
    """It may name classes of its own: those of this package are used, and nobody is asked to trust anything."""
    tiny_model().save_pretrained(tmp_path)
    tiny_processor.save_pretrained(tmp_path)
    (tmp_path / "evil.py").write_text(EVIL)
    classes = {"AutoConfig": "evil.EvilConfig", "AutoModel": "evil.EvilModel", "AutoProcessor": "evil.EvilProcessor"}
    for name in ("config.json", "processor_config.json"):
        content = json.loads((tmp_path / name).read_text())
        (tmp_path / name).write_text(json.dumps({**content, "auto_map": classes}))
    assert type(AutoConfig.from_pretrained(tmp_path)) is RefSamConfig
    assert type(AutoModel.from_pretrained(tmp_path)) is RefSamModel
    assert type(AutoProcessor.from_pretrained(tmp_path)) is RefSamProcessor
    assert not list(tmp_path.rglob("ran"))


def test_adapters_are_a_method_of_peft():
    assert PeftType("REFSAM_ADAPTER") is PeftType.REFSAM_ADAPTER
    assert PeftType.REFSAM_ADAPTER in list(PeftType)
    assert pickle.loads(pickle.dumps(PeftType.REFSAM_ADAPTER)) is PeftType.REFSAM_ADAPTER
    assert json.dumps(PeftType.REFSAM_ADAPTER) == '"REFSAM_ADAPTER"'
    assert PEFT_TYPE_TO_CONFIG_MAPPING[PeftType.REFSAM_ADAPTER] is RefSamAdapterConfig
    assert PEFT_TYPE_TO_TUNER_MAPPING[PeftType.REFSAM_ADAPTER] is RefSamAdapterModel
    assert PEFT_TYPE_TO_PREFIX_MAPPING[PeftType.REFSAM_ADAPTER] == "refsam_adapter_"
