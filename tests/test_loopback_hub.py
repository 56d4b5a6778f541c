"""The Hub of the tests does what the real client asks of it."""

import json

import pytest

CLIENT = """
import json, sys
from pathlib import Path
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

api, folder, said = HfApi(), Path(sys.argv[1]), {}
for kind in ("model", "dataset"):
    name = f"tester/a-{kind}"
    url = api.create_repo(name, repo_type=kind, private=kind == "dataset", exist_ok=True)
    api.create_repo(name, repo_type=kind, exist_ok=True)
    first = api.upload_folder(folder_path=folder, repo_id=name, repo_type=kind, commit_message="all of it")
    again = api.upload_folder(folder_path=folder, repo_id=name, repo_type=kind)
    assert again.oid == first.oid  # nothing has changed
    api.create_tag(name, tag="v1", repo_type=kind)
    api.create_branch(name, branch="side", repo_type=kind)
    api.upload_file(path_or_fileobj=b"other", path_in_repo="note.txt", repo_id=name, repo_type=kind, revision="side")
    api.delete_file("sub/large.safetensors", name, repo_type=kind)
    said[kind] = {
        "files": api.list_repo_files(name, repo_type=kind),
        "tag": api.list_repo_files(name, repo_type=kind, revision="v1"),
        "side": Path(hf_hub_download(name, "note.txt", repo_type=kind, revision="side")).read_text(),
        "size": Path(snapshot_download(name, repo_type=kind, revision="v1"), "sub/large.safetensors").stat().st_size,
        "in sub": [entry.path for entry in api.list_repo_tree(name, "sub", repo_type=kind, revision="v1")],
        "titles": [commit.title for commit in api.list_repo_commits(name, repo_type=kind)],
        "info": [entry.path for entry in api.get_paths_info(name, ["note.txt", "none"], repo_type=kind)],
        "refs": [branch.name for branch in api.list_repo_refs(name, repo_type=kind).branches],
    }
errors = []
for call in (
    lambda: hf_hub_download("tester/a-model", "nothing.txt"),
    lambda: hf_hub_download("tester/a-model", "note.txt", revision="v9"),
    lambda: hf_hub_download("tester/none", "note.txt"),
    lambda: hf_hub_download("tester/a-dataset", "note.txt", repo_type="dataset", revision="main", token=False),
):
    try:
        call()
    except (EntryNotFoundError, RevisionNotFoundError, RepositoryNotFoundError, HfHubHTTPError) as error:
        errors.append(type(error).__name__)
api.delete_repo("tester/a-model")
print(json.dumps({**said, "errors": errors, "name": api.whoami()["name"]}))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "note.txt").write_text("a note")
    (tmp_path / "sub" / "large.safetensors").write_bytes(bytes(range(256)) * 40)
    return tmp_path


def test_models_and_datasets_are_pushed_and_read(loopback_hub, folder):
    said = json.loads(loopback_hub.run(CLIENT, folder).splitlines()[-1])
    for kind in ("model", "dataset"):
        assert said[kind] == {
            "files": [".gitattributes", "note.txt"],
            "tag": [".gitattributes", "note.txt", "sub/large.safetensors"],
            "side": "other",
            "size": 256 * 40,
            "in sub": ["sub/large.safetensors"],
            "titles": said[kind]["titles"],
            "info": ["note.txt"],
            "refs": ["main", "side"],
        }
        assert said[kind]["titles"][-2:] == ["all of it", "first"]
    assert said["name"] == "tester"
    # the client downloads a private repository only if it has a token
    missing = ["EntryNotFoundError", "RevisionNotFoundError", "RepositoryNotFoundError"]
    assert [name.removeprefix("Remote") for name in said["errors"][:3]] == missing
    assert len(said["errors"]) == 4
    assert [name for _, name in loopback_hub.repos] == ["tester/a-dataset"]
    assert loopback_hub.files("tester/a-dataset", "datasets", "v1")["note.txt"] == b"a note"


def test_a_client_that_fails_is_an_error(loopback_hub):
    with pytest.raises(RuntimeError, match="lost"):
        loopback_hub.run("raise SystemExit('lost')")
