"""`refsam card`; what is in a card is tested with `refsam_hf.hub.card`."""

import dataclasses
import json

import pytest

from refsam_hf import RefSamModel, cli
from refsam_hf.evaluation.provenance import weights_sha256
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.stage_config import StageConfig


@pytest.fixture
def run(tiny_model, tmp_path):
    folder = tmp_path / "refsam-small"
    tiny_model().save_pretrained(folder / "best")
    config = TrainingConfig(stages=[StageConfig(steps=3)], output_dir=str(folder), model_config={})
    (folder / "config.json").write_text(json.dumps(dataclasses.asdict(config)))
    (folder / "log.jsonl").write_text(
        '{"step": 3, "val_expressions": 2, "val_j": 0.5, "val_f": 0.3, "val_j_and_f": 0.4}\n'
    )
    return folder


def test_it_goes_into_the_checkpoint_s_folder(run, capsys):
    assert cli.main(["card", str(run)]) == 0
    assert capsys.readouterr().out == f"wrote {run / 'best' / 'README.md'}\n"
    card = (run / "best" / "README.md").read_text()
    assert card.startswith("---\nlanguage: en\n")
    assert "\n# refsam-small\n" in card
    assert "| all | 2 | 0.500 | 0.300 | 0.400 |" in card


def test_options(run, tmp_path):
    report = {"benchmark": "shapes", "split": "test", "protocol": "shapes", "clips": 7}
    report |= {"weights_sha256": weights_sha256(RefSamModel.from_pretrained(run / "best")), "failed": {}}
    report |= {"scores": {"all": {"j_and_f": 0.25}}}
    (tmp_path / "results.json").write_text(json.dumps(report))
    options = ["--repo", "me/other", "--license", "apache-2.0", "--results", str(tmp_path / "results.json")]
    assert cli.main(["card", str(run), *options, "--output", str(tmp_path / "card.md")]) == 0
    card = (tmp_path / "card.md").read_text()
    assert "license: apache-2.0" in card
    assert 'model="me/other"' in card
    assert "clips 7" in card
    assert not (run / "best" / "README.md").exists()


def test_what_is_no_training(run, tmp_path, capsys):
    assert cli.main(["card", str(tmp_path / "nowhere")]) == 2
    assert "nowhere: expected the output folder of a training, got no such folder" in capsys.readouterr().err
    assert cli.main(["card", str(tmp_path)]) == 2
    assert "config.json: expected a JSON file: No such file or directory" in capsys.readouterr().err
    assert cli.main(["card", str(run), "--checkpoint", "last"]) == 2
    assert "last" in capsys.readouterr().err
    assert not (run / "best" / "README.md").exists()
