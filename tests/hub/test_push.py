"""Checkpoints of both forms go to a Hub and come back from it, by the real client."""

import json

import pytest

from refsam_hf import RefSamAdapterConfig, RefSamModel
from refsam_hf.hub.push import push_checkpoint

# what it does is said in JSON on the last line
CLIENT = """
import json, sys, warnings
from pathlib import Path
import torch
from huggingface_hub import HfApi
from safetensors.torch import load_file
from transformers import AutoModel, pipeline
from refsam_hf import RefSamAdapterConfig, RefSamModel, RefSamProcessor
from refsam_hf.hub.push import push_checkpoint

work, api, said = Path(sys.argv[1]), HfApi(), {}
inputs = load_file(work / "inputs.safetensors")

def masks(model):
    with torch.no_grad():
        return model.eval()(**inputs).pred_masks

for name in ("sam", "t5"):
    api.create_repo(f"tester/{name}")
    api.upload_folder(folder_path=work / name, repo_id=f"tester/{name}")

# a model over two checkpoints of the Hub, in both forms
torch.manual_seed(0)
model = RefSamModel.from_vision_text_pretrained("tester/sam", "tester/t5")
with torch.no_grad():
    model.mask_decoder.iou_token.weight.add_(1)
processor = RefSamProcessor.from_vision_text_pretrained("tester/sam", "tester/t5")
model.save_pretrained(work / "whole")
processor.save_pretrained(work / "whole")
push_checkpoint(work / "whole", "tester/refsam", card="# whole")
push_checkpoint(work / "whole", "tester/refsam-adapter", form="adapter", card="# adapter", private=True)
expected = masks(RefSamModel.from_pretrained(work / "whole"))
for repository in ("tester/refsam", "tester/refsam-adapter"):
    loaded = AutoModel.from_pretrained(repository)
    said[repository] = torch.equal(masks(loaded), expected)
    RefSamProcessor.from_pretrained(repository)
segmenter = pipeline("referring-video-segmentation", model="tester/refsam-adapter")
said["pipeline"] = torch.equal(masks(segmenter.model), expected)

# an adaptation of a repository, under a tag, in a subfolder, without a token
model = RefSamModel.from_pretrained("tester/refsam")
model.add_adapter(RefSamAdapterConfig(init_weights=False), "night")
model.save_adapter(work / "night" / "inside", "night")
adapted = masks(model)
api.create_repo("tester/night")
api.create_branch("tester/night", branch="side")
api.upload_folder(folder_path=work / "night", repo_id="tester/night", revision="side")
loaded = RefSamModel.from_pretrained("tester/night", revision="side", subfolder="inside")
said["adaptation"] = torch.equal(masks(loaded), adapted)
onto = RefSamModel.from_pretrained("tester/refsam")
onto.load_adapter("tester/night", "night", revision="side", subfolder="inside")
said["onto"] = torch.equal(masks(onto), adapted)
said["active"] = [loaded.active_adapters(), onto.active_adapters()]
try:
    RefSamModel.from_pretrained("tester/refsam-adapter", token=False, force_download=True)
except OSError as error:
    said["without a token"] = type(error).__name__

# the other form takes the place of the one, and what is no checkpoint's stays
api.upload_file(path_or_fileobj=b"notes", path_in_repo="notes.txt", repo_id="tester/refsam")
push_checkpoint(work / "whole", "tester/refsam", form="adapter")
said["files"] = api.list_repo_files("tester/refsam")
said["commits"] = len(api.list_repo_commits("tester/refsam"))

# the second upload of weights to this repository breaks off, then the second commit to it
for number in range(4):
    with torch.no_grad():
        model.no_mask_embed.weight.add_(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the model has an adapter that is left out
        model.save_pretrained(work / "whole")
    try:
        push_checkpoint(work / "whole", "tester/broken")
    except OSError as error:
        said[f"broken {number}"] = str(error)
    said[f"commit {number}"] = api.model_info("tester/broken").sha
print(json.dumps(said))
"""


@pytest.fixture
def work(sam, t5, tiny_inputs, tmp_path):
    from safetensors.torch import save_file

    save_file({name: value.contiguous() for name, value in tiny_inputs.items()}, tmp_path / "inputs.safetensors")
    for name, folder in (("sam", sam[1]), ("t5", t5)):
        (tmp_path / name).symlink_to(folder)
    return tmp_path


def test_there_and_back_and_broken_off(loopback_hub, work):
    loopback_hub.break_off("upload", number=7)
    loopback_hub.break_off("commit", number=9)
    said = json.loads(loopback_hub.run(CLIENT, work).splitlines()[-1])
    for number in (1, 2):
        message = said.pop(f"broken {number}")
        assert message.startswith("tester/broken: the push failed, and the repository is as it was: ")
        assert "the Hub answered: " in message
        assert "403" in message
        assert f"The checkpoint is whole in {work / 'whole'}" in message
    commits = [said.pop(f"commit {number}") for number in range(4)]
    assert commits[0] == commits[1] == commits[2] != commits[3]
    assert said == {
        "tester/refsam": True,
        "tester/refsam-adapter": True,
        "pipeline": True,
        "adaptation": True,
        "onto": True,
        "active": [["night"], ["night"]],
        "without a token": "OSError",
        "files": [
            ".gitattributes",
            "README.md",
            "adapter/adapter_config.json",
            "adapter/adapter_model.safetensors",
            "config.json",
            "notes.txt",
            "processor_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
        ],
        "commits": 4,
    }
    first = loopback_hub.files("tester/refsam-adapter")
    assert first["README.md"] == b"# adapter"
    assert set(first) == set(said["files"]) - {"notes.txt"}
    config = json.loads(first["config.json"])
    assert (config["vision_checkpoint"], config["text_checkpoint"]) == ("tester/sam", "tester/t5")


def test_what_is_not_pushed(tiny_model, tmp_path):
    """Said before the Hub is asked for anything, which the tests cannot reach."""
    tiny_model().save_pretrained(tmp_path / "base")
    with pytest.raises(ValueError, match="form: expected one of adapter, self_contained, got 'whole'"):
        push_checkpoint(tmp_path / "base", "me/refsam", form="whole")
    model = RefSamModel.from_pretrained(tmp_path / "base")
    model.add_adapter(RefSamAdapterConfig(), "night")
    model.save_adapter(tmp_path / "night", "night")
    with pytest.raises(ValueError, match=f"over checkpoints of the Hub, got one over the folder {tmp_path / 'base'}"):
        push_checkpoint(tmp_path / "night", "me/refsam")
    with pytest.raises(ValueError, match="expected the name of a repository, such as me/refsam, got 'me/ref/sam'"):
        push_checkpoint(tmp_path / "base", "me/ref/sam")
    with pytest.raises(OSError, match="me/refsam: expected a repository that can be written to"):
        push_checkpoint(tmp_path / "base", "me/refsam")
