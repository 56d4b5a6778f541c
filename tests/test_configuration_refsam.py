import json

import pytest
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoConfig, SamMaskDecoderConfig, SamVisionConfig, T5Config

from refsam_hf import RefSamConfig


def test_the_defaults_are_refsam_on_vit_b_and_t5_small():
    config = RefSamConfig()
    assert (config.vision_config.hidden_size, config.vision_config.num_hidden_layers) == (768, 12)
    assert (config.text_config.model_type, config.text_config.hidden_size) == ("t5", 512)
    assert config.mask_decoder_config.hidden_size == 256
    assert config.adapter_layers == [6, 7, 8, 9, 10, 11]
    assert config.intermediate_layers == [2, 5, 8]
    assert (config.adapter_width_ratio, config.mlp_adapter_scale, config.mlp_hidden_layers) == (0.25, 0.5, 1)
    assert (config.dense_embeddings, config.sparse_embeddings) == ("hda", True)
    assert (config.implicit_tracking, config.unit_length, config.iou_loss_weight) == (True, True, 0.0)


@pytest.mark.parametrize(("depth", "adapted"), [(4, [2, 3]), (5, [3, 4]), (1, [])])
def test_adapters_stand_in_the_second_half(tiny_config, depth, adapted):
    """Block index >= depth / 2."""
    vision_config = {"num_hidden_layers": depth, "global_attn_indexes": [0]}
    assert tiny_config(vision_config=vision_config, dense_embeddings="da").adapter_layers == adapted


def test_it_comes_back_from_its_folder(tiny_config, tmp_path):
    config = tiny_config(dense_embeddings="da", adapter_layers=[0, 3], mlp_adapter_scale=1, iou_loss_weight=0.25)
    config.save_pretrained(tmp_path)
    for loaded in (RefSamConfig.from_pretrained(tmp_path), AutoConfig.from_pretrained(tmp_path)):
        assert type(loaded) is RefSamConfig
        assert {**loaded.to_dict(), "_name_or_path": ""} == config.to_dict()
        assert isinstance(loaded.vision_config, SamVisionConfig)
        assert isinstance(loaded.mask_decoder_config, SamMaskDecoderConfig)
        assert isinstance(loaded.text_config, T5Config)


def test_parts_may_be_config_objects(tiny_config):
    parts = tiny_config()
    config = RefSamConfig(
        vision_config=parts.vision_config,
        mask_decoder_config=parts.mask_decoder_config,
        text_config=parts.text_config,
    )
    assert config.vision_config is parts.vision_config


def test_another_text_encoder(tiny_config):
    assert tiny_config(text_config={"model_type": "roberta", "hidden_size": 20}).text_config.model_type == "roberta"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vision_config": {"output_channels": 64}}, r"output_channels must equal .*hidden_size \(32\), got 64"),
        ({"vision_config": {"num_pos_feats": 8}}, r"num_pos_feats must be half of .* \(16\), got 8"),
        ({"dense_embeddings": "hdr"}, r"must be one of \('hda', 'da', 'sentence', 'none'\), got 'hdr'"),
        ({"vision_config": {"global_attn_indexes": [3]}}, r"at least two global-attention blocks, got .*\[3\]"),
        ({"vision_config": {"global_attn_indexes": [2, 5]}}, r"global_attn_indexes must be .* 0\.\.3, got \[2, 5\]"),
        ({"vision_config": {"global_attn_indexes": [2, 2]}}, r"different blocks in 0\.\.3, got \[2, 2\]"),
        ({"adapter_layers": [4]}, r"adapter_layers must be different blocks in 0\.\.3, got \[4\]"),
        ({"adapter_layers": [-1]}, r"adapter_layers must be different blocks in 0\.\.3, got \[-1\]"),
        ({"adapter_layers": [2, 2]}, r"adapter_layers must be different blocks in 0\.\.3, got \[2, 2\]"),
        ({"adapter_width_ratio": 0}, "adapter_width_ratio must be above 0, got 0"),
        ({"mlp_hidden_layers": -1}, "mlp_hidden_layers must be at least 0, got -1"),
        ({"tracking_attention_heads": 5}, "tracking_attention_heads must .* divide the 32 channels, got 5"),
        ({"tracking_attention_heads": 0}, "tracking_attention_heads must be at least 1 and .*, got 0"),
        ({"tracking_attention_heads": -8}, "tracking_attention_heads must be at least 1 and .*, got -8"),
        ({"text_config": {"model_type": "t6"}}, "text_config: expected a model_type of transformers, got 't6'"),
    ],
)
def test_values_that_do_not_fit_are_named(tiny_config, options, message):
    with pytest.raises(ValueError, match=message):
        tiny_config(**options)


@pytest.mark.parametrize("part", ["vision_config", "mask_decoder_config", "text_config"])
def test_a_part_of_another_type_is_refused(part):
    with pytest.raises(ValueError, match=f"{part}: expected a .*Config or its dict, got str"):
        RefSamConfig(**{part: "vit-b"})


def test_a_value_of_another_type_is_refused():
    with pytest.raises(StrictDataclassError, match="sparse_embeddings"):
        RefSamConfig(sparse_embeddings="yes")


def test_a_file_with_a_value_of_another_type_is_bad_input_like_any_other(tiny_config, tmp_path):
    tiny_config().save_pretrained(tmp_path)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"mlp_hidden_layers": "two"}))
    with pytest.raises(ValueError, match=r"(?s)config of a RefSAM: .*mlp_hidden_layers.*expected int, got str"):
        RefSamConfig.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"(?s)config\.json: config of a RefSAM: .*mlp_hidden_layers"):
        RefSamConfig.from_json_file(file)
