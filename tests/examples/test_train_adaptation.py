"""`examples/train.py` adapts a checkpoint: what it writes is the adaptation alone."""

import json

import torch
import yaml
from accelerate.state import AcceleratorState

from refsam_hf import RefSamModel, RefSamProcessor


def test_an_adaptation(train_script, tiny_checkpoint, tmp_path, tiny_inputs):
    options = {
        "output_dir": str(tmp_path / "out"),
        "model": str(tiny_checkpoint),
        "adaptation": {"method": "adapters", "name": "night"},
        "learning_rates": {"mask_decoder": 1e-2},
        "stages": [{"steps": 2, "batch_size": 1, "num_frames": 2, "frame_sizes": [[48, 48]]}],
        "warmup_steps": 0,
        "num_workers": 0,
        "val_every": 2,
        "val_clips": 1,
        "val_frames": 2,
        "val_frame_size": [48, 48],
    }
    (tmp_path / "training.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")
    AcceleratorState._reset_state(reset_partial_state=True)
    assert train_script.main([str(tmp_path / "training.yaml")]) == 0
    last = tmp_path / "out" / "last"
    assert not (last / "model.safetensors").exists()
    assert (tmp_path / "out" / "best" / "adapter" / "adapter_model.safetensors").exists()
    RefSamProcessor.from_pretrained(last)
    named = json.loads((last / "config.json").read_text(encoding="utf-8"))["refsam_checkpoint"]
    assert named == str(tiny_checkpoint.resolve())

    adapted, base = RefSamModel.from_pretrained(last), RefSamModel.from_pretrained(tiny_checkpoint)
    assert adapted.active_adapters() == ["night"]
    weight = "transformer.layers.0.mlp.lin1.weight"
    learned = adapted.mask_decoder.modules_to_save["night"].get_parameter(weight)
    assert not torch.equal(learned, base.mask_decoder.get_parameter(weight))
    masks = {}
    for name in ("night", "default"):
        adapted.set_adapter(name)
        with torch.no_grad():
            masks[name] = adapted.eval()(**tiny_inputs).pred_masks
    with torch.no_grad():
        assert torch.equal(masks["default"], base.eval()(**tiny_inputs).pred_masks)
    assert (masks["night"] - masks["default"]).abs().max() > 1e-3
