"""What transformers knows of RefSAM once it is imported."""

import json

from transformers import AutoConfig, AutoModel, AutoProcessor

from refsam_hf import RefSamConfig, RefSamModel, RefSamProcessor

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
