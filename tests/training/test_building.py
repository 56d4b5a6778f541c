"""The model that a training starts with."""

import pytest

from refsam_hf.training.building import load_for_training
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import from_mapping


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_attention_is_the_one_asked_for(options, attention, tmp_path):
    options["attn_implementation"] = attention
    model, processor = load_for_training(from_mapping(TrainingConfig, options))
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    options |= {"model": str(tmp_path), "model_config": None}
    loaded, _ = load_for_training(from_mapping(TrainingConfig, options))
    for one in (model, loaded):
        parts = one, one.vision_tower, one.text_encoder, one.mask_decoder.transformer.layers[0].self_attn
        assert [part.config._attn_implementation for part in parts] == [attention] * 4
