"""The configuration of a training: what it says about a wrong one, and that the shipped ones are right."""

from pathlib import Path

import pytest

from refsam_hf.benchmarks.shapes import MIX
from refsam_hf.training.batches import total_steps
from refsam_hf.training.building import load_for_training, new_model_config
from refsam_hf.training.clips_config import scene_config
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import describe_options, from_mapping, read_config
from refsam_hf.training.features.config import KeepingConfig
from refsam_hf.training.optimizer import PARTS

CONFIGS = sorted((Path(__file__).parents[2] / "examples" / "configs").glob("*.yaml"))


def changed(options, path, value):
    *outer, name = path.split(".")
    place = options
    for step in outer:
        place = place[int(step) if step.isdigit() else step]
    place[name] = value
    return options


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("learning_rate", 1e-4, "unknown key learning_rate, did you mean learning_rates?"),
        ("stages.0.batchsize", 2, "unknown key stages.0.batchsize, did you mean batch_size?"),
        ("augmentation", {"flipp": 1}, "unknown key augmentation.flipp, did you mean flip?"),
        ("learning_rates", {"decoder": 1e-4}, "unknown key learning_rates.decoder, did you mean mask_decoder?"),
        ("qwertz", 1, "unknown key qwertz; known are stages, output_dir"),
        ("stages.0.steps", -1, "stages.0.steps: expected at least 0, got -1"),
        ("stages.0.steps", True, "stages.0.steps: expected a whole number, got True (bool)"),
        ("stages.0.steps", 2.5, "stages.0.steps: expected a whole number, got 2.5 (float)"),
        ("stages", [], "stages: expected at least one stage, got an empty list"),
        ("stages", {"steps": 1}, "stages: expected a list, got {'steps': 1} (dict)"),
        ("stages.0.frame_sizes", [[48]], "stages.0.frame_sizes: expected a list of [height, width] in pixels"),
        ("stages.0.kinds", {"motions": 1}, "unknown key stages.0.kinds.motions, did you mean motion?"),
        ("stages.0.kinds", {"motion": -1}, "stages.0.kinds.motion: expected at least 0.0, got -1.0"),
        ("stages.0.kinds", {"motion": 0}, "stages.0.kinds: expected a kind with a share above 0, got {'motion': 0.0}"),
        ("stages.0.kinds", {}, "stages.0.kinds: expected a kind with a share above 0, got {}"),
        ("stages.0.max_stride", 0, "stages.0.max_stride: expected at least 1, got 0"),
        ("stages.0.min_stride", 4, "stages.0.min_stride: expected at most the max_stride, 3, got 4"),
        ("stages.0.steps", 0, "stages.0: expected one of steps and epochs, got both or neither"),
        ("stages.0.epochs", 1, "stages.0: expected one of steps and epochs, got both or neither"),
        ("stages", [{"epochs": 1}], "stages.0.epochs: shapes is never at its end, expected steps in their place"),
        ("stages.0.datasets", [], "stages.0.datasets: expected at least one dataset, got an empty list"),
        (
            "stages.0.datasets",
            [{"name": "own_clip"}],
            "stages.0.datasets.0.name: expected one of a2d_sentences, jhmdb_sentences",
        ),
        ("stages.0.datasets", [{"name": "own_clips"}], "stages.0.datasets.0.root: expected the folder of own_clips"),
        (
            "stages.0.datasets",
            [{"name": "own_clips", "root": "clips", "split": "train"}],
            "stages.0.datasets.0.split: own_clips has no split to choose, it has frames",
        ),
        (
            "stages.0.datasets",
            [{"name": "shapes"}, {"name": "shapes", "split": "train"}],
            "stages.0.datasets.1: shapes is drawn, expected nothing but its name, got split too",
        ),
        (
            "stages.0.datasets",
            [{"name": "shapes", "weight": 0}],
            "stages.0.datasets.0.weight: expected at least 1e-06, got 0.0",
        ),
        (
            "stages",
            [{"steps": 1, "places_weight": 0.5, "datasets": [{"name": "shapes"}, {"name": "own_clips", "root": "x"}]}],
            "stages.0.places_weight: lessons ask for all objects of a clip, which only shapes has: expected 0 with "
            "the dataset own_clips, got 0.5",
        ),
        ("validation", [], "validation: expected at least one dataset, got an empty list"),
        (
            "validation",
            [{"name": "own_clips", "root": "x", "frames": "half"}],
            "validation.0.frames: expected START:STOP, each the number of a frame, a percentage or nothing, such as",
        ),
        ("report_to", "wandb", "report_to: expected a list such as [wandb], got 'wandb' (str)"),
        ("mixed_precision", False, "mixed_precision: expected a text, got False (bool); in quotes it is one"),
        (
            "validation",
            [{"name": "own_clips", "root": "x", "weight": 1}],
            "unknown key validation.0.weight; known are name, root, split, frames, options, videos",
        ),
        ("val_every", 0, "stages.0.val_every: expected at least 1 where no epochs are given, got 0"),
        ("stages.0.val_every", 0, "stages.0.val_every: expected at least 1 where no epochs are given, got 0"),
        ("backbones", {"vision": "sam"}, "backbones.text is missing: folder or Hub name of a text encoder"),
        ("val_frame_size", [48], "val_frame_size: expected a list of [height, width] in pixels"),
        ("val_frame_size", [48, 0], "val_frame_size: expected a list of [height, width] in pixels"),
        ("stages.0.scenes", [{}, {"objects": 2}], "unknown key stages.0.scenes.1.objects, did you mean num_objects?"),
        ("stages.0.scenes", [], "stages.0.scenes: expected at least one scene, got an empty list"),
        ("stages.0.scenes", [{"num_objects": [3, 2]}], "stages.0.scenes.0.num_objects: expected two integers"),
        ("stages.0.frame_sizes", [[48, 48], [20, 48]], "stages.0.scenes.0: size: expected a height of at least 38"),
        (
            "stages.0.scenes",
            [{}, {"num_objects": [2, 2]}],
            "stages.0.scenes.1: num_objects: expected up to 3 objects at least for the kind 'relation'",
        ),
        (
            "stages.0.scenes",
            [{"colours": ["red"], "shapes": ["ring"]}],
            "stages.0.scenes.0: colours and shapes: expected at least one pair that is not kept for 'test-unseen'",
        ),
        ("weight_decay", -1, "weight_decay: expected at least 0.0, got -1.0"),
        ("weight_decay", float("nan"), "weight_decay: expected a finite number, got nan"),
        ("ema_decay", 1, "ema_decay: expected at most 0.99999, got 1.0"),
        ("attn_implementation", "flash", "attn_implementation: expected one of sdpa, eager, got 'flash'"),
        ("mixed_precision", "bfloat16", "mixed_precision: expected one of no, bf16, fp16, got 'bfloat16'"),
        ("train", ["vision_tower", "decoder"], "train.1: expected one of vision_tower, adapters"),
        ("output_dir", None, "output_dir: expected a text, got nothing"),
        ("model", "somewhere", "expected one of model (to go on from) and model_config or backbones (a new one), got"),
    ],
)
def test_a_wrong_option_is_named(options, path, value, message):
    with pytest.raises(ValueError, match="^" + _escaped(message)):
        from_mapping(TrainingConfig, changed(options, path, value))


def _escaped(text):
    import re

    return re.escape(text)


def test_kinds_are_the_mix_unless_said_otherwise(options):
    assert from_mapping(TrainingConfig, options).stages[0].kinds == {k: float(share) for k, share in MIX.items()}
    options["stages"][0]["kinds"] = {"motion": 3, "absent": 1}
    assert from_mapping(TrainingConfig, options).stages[0].kinds == {"motion": 3.0, "absent": 1.0}


def test_a_scene_need_not_serve_kinds_that_are_not_drawn(options):
    options["stages"][0] |= {"scenes": [{"num_objects": [2, 2]}], "kinds": {"motion": 1, "relation": 0}}
    assert from_mapping(TrainingConfig, options).stages[0].scene_configs("")[0].num_objects == (2, 2)


def test_the_options_of_shapes_do_not_matter_where_it_is_not_learnt_from(options):
    options["stages"][0] |= {"kinds": {}, "datasets": [{"name": "own_clips", "root": "clips"}]}
    assert not from_mapping(TrainingConfig, options).stages[0].datasets[0].is_shapes


def test_what_several_stages_name_is_one_dataset(options):
    own = {"name": "own_clips", "root": "clips"}
    options["stages"] = [{"steps": 1, "datasets": [own]}, {"steps": 1, "datasets": [{"name": "shapes"}, dict(own)]}]
    first, second = from_mapping(TrainingConfig, options).stages
    assert first.datasets[0] is second.datasets[1]


def test_a_missing_option_is_named(options):
    del options["output_dir"]
    with pytest.raises(ValueError, match=r"^output_dir is missing: folder of the logs and checkpoints$"):
        from_mapping(TrainingConfig, options)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("mlp_hiden_layers", 1, "unknown key model_config.mlp_hiden_layers, did you mean mlp_hidden_layers?"),
        (
            "vision_config",
            {"img_size": 8},
            "unknown key model_config.vision_config.img_size, did you mean image_size?",
        ),
        ("vision_config", 3, "model_config.vision_config: expected a mapping, got 3"),
        ("text_config", {"model_type": "t55"}, "model_config.text_config.model_type: expected a text encoder"),
        ("mlp_hidden_layers", "one", "model_config: Validation error for field 'mlp_hidden_layers'"),
        ("dense_embeddings", "dha", "model_config: dense_embeddings must be one of"),
    ],
)
def test_a_wrong_option_of_the_model_is_named(options, name, value, message):
    options["model_config"][name] = value
    with pytest.raises(ValueError, match="^" + _escaped(message)):
        new_model_config(options["model_config"])


def test_model_and_processor_must_belong_together(options, model_and_processor, tmp_path):
    model_and_processor[1].save_pretrained(tmp_path)
    options["processor"] = str(tmp_path)
    assert len(load_for_training(from_mapping(TrainingConfig, options))[1].tokenizer) > 100
    options["model_config"]["vision_config"]["image_size"] = 64
    with pytest.raises(ValueError, match="expected the model's image_size 64, got 48"):
        load_for_training(from_mapping(TrainingConfig, options))
    options["model_config"]["vision_config"]["image_size"] = 48
    options["model_config"]["text_config"]["vocab_size"] = 100
    with pytest.raises(ValueError, match="expected at most 100 tokens"):
        load_for_training(from_mapping(TrainingConfig, options))


def test_command_line_overrides_the_file(options, tmp_path):
    import yaml

    path = tmp_path / "training.yaml"
    path.write_text(yaml.safe_dump(options), encoding="utf-8")
    overrides = ["--learning_rates.mask_decoder", "1e-5", "--stages.0.steps=7", "--augmentation.flip", "0"]
    config = read_config(TrainingConfig, path, [*overrides, "--train", "[adapters]", "--max_steps", "5"])
    assert config.learning_rates["mask_decoder"] == 1e-5  # YAML 1.1 reads 1e-5 as a text
    assert config.learning_rates["adapters"] == 1e-4
    assert config.stages[0].steps == 7
    assert total_steps(config) == 5
    assert config.augmentation.flip == 0.0
    assert config.train == ["adapters"]
    for wrong, message in (
        (["seed", "1"], "expected --name value, got 'seed'"),
        (["--seed"], "--seed: the value is missing"),
        (["--stages.3.steps", "1"], "--stages.3.steps: expected a place in a list of 1, got '3'"),
        (["--seed.x", "1"], "seed: expected a whole number, got {'x': 1} (dict)"),
        (["--output_dir.x", "1"], "--output_dir.x: 'x' stands in a value that has no parts"),
        (["--seed", "[1"], "--seed: '[1' is not a YAML value"),
        (["--sed", "1"], "unknown key sed, did you mean seed?"),
    ):
        with pytest.raises(ValueError, match=_escaped(message)):
            read_config(TrainingConfig, path, wrong)


def test_unreadable_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.yaml: expected a YAML file of options, got No such"):
        read_config(TrainingConfig, tmp_path / "none.yaml")
    for content, message in (("a: [", "is not a YAML file"), ("- 1", "expected a mapping of names to values")):
        (tmp_path / "bad.yaml").write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            read_config(TrainingConfig, tmp_path / "bad.yaml")


def test_the_shipped_configs_can_be_read():
    """Those of `pretrain_tower.py` are read by its own test; features that are trained on are those that are kept."""
    features = read_config(KeepingConfig, next(path for path in CONFIGS if path.stem.endswith("_features")))
    configs = [path for path in CONFIGS if not path.stem.endswith(("_tower", "_features"))]
    assert configs
    for path in configs:
        stages = read_config(TrainingConfig, path).stages
        assert all(stage.steps > 0 or (stage.epochs or 0) > 0 for stage in stages)
        for folder in {folder for stage in stages for folder in stage.features}:
            assert folder.removeprefix(f"{features.output_dir}/") in features.sets


def test_help_names_every_option():
    text = describe_options(TrainingConfig)
    for name in ("--output_dir", "--stages.0.steps  optimizer steps", "--augmentation.flip", "--ema_decay"):
        assert name in text
    assert "0.999" in text


def test_scene_options():
    assert scene_config({"num_objects": [2, 3]}, "scene").num_objects == (2, 3)
    assert set(from_mapping(TrainingConfig, {**_minimal(), "learning_rates": {}}).learning_rates) == set(PARTS)


def _minimal():
    return {"output_dir": "x", "model": "y", "stages": [{"steps": 1}]}
