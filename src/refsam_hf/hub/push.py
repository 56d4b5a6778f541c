"""Puts a checkpoint on the Hub: its files and its card, in one commit."""

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from ..configuration_refsam import RefSamConfig
from .adapter_only_reading import find_adapter_only
from .forms import convert_form

FORMS = ("adapter", "self_contained")
CARD = "README.md"
# what a checkpoint of either form may have left in a repository
_OF_A_CHECKPOINT = re.compile(r"(adapter/.*|model[^/]*\.safetensors(\.index\.json)?)")


def check_repository(repo_id: str, *, private: bool | None = None, token: str | None = None) -> None:
    """Makes the repository if it is not there: before a long training, and not behind it, is the time for an error.

    Raises:
        ValueError: that is no name of a repository.
        OSError: the Hub cannot be reached, or refuses.
    """
    try:
        HfApi(token=token).create_repo(repo_id, private=private, exist_ok=True)
    except HFValidationError as error:
        raise ValueError(f"expected the name of a repository, such as me/refsam, got {repo_id!r}: {error}") from error
    except Exception as error:  # of the client, of its HTTP library, or of the system
        raise OSError(f"{repo_id}: expected a repository that can be written to: {_said(error)}") from error


def push_checkpoint(
    folder: str | os.PathLike[str],
    repo_id: str,
    *,
    form: str | None = None,
    card: str | None = None,
    private: bool | None = None,
    revision: str | None = None,
    token: str | None = None,
    commit_message: str = "Add a RefSAM checkpoint",
) -> str:
    """Pushes a checkpoint of either form, processor and all, as one commit: whole or not at all.

    Files of an earlier checkpoint of the other form go away in the same commit; other files of the repository stay.

    Args:
        folder: of the checkpoint.
        form: `"adapter"` or `"self_contained"`, into which it is converted where it is of the other; `None`: as it is.
        card: the text of its README.md; `None`: the one in the folder, if there is one.
        revision: a branch that is there; `main` if not given.

    Returns:
        the commit's address.

    Raises:
        ValueError: an unknown form, a checkpoint that has no such form, or an adapter-only one over a folder of this
            machine, which nobody else could load.
        OSError: the push failed; the checkpoint is still in the folder, and the repository as it was.
    """
    if form is not None and form not in FORMS:
        raise ValueError(f"form: expected one of {', '.join(FORMS)}, got {form!r}")
    with TemporaryDirectory() as scratch:
        source = Path(folder)
        found = find_adapter_only(source, {})
        if form is not None and (form == "adapter") != (found is not None):
            source = Path(scratch) / "checkpoint"
            convert_form(folder, source)
            found = find_adapter_only(source, {})
        if found is not None:
            _check_bases(folder, found[0])
        check_repository(repo_id, private=private, token=token)
        files = {path.relative_to(source).as_posix(): path for path in sorted(source.rglob("*")) if path.is_file()}
        contents: dict[str, Any] = {**files, **({} if card is None else {CARD: card.encode()})}
        operations: list[Any] = [CommitOperationAdd(name, content) for name, content in contents.items()]
        api = HfApi(token=token)
        try:
            there = api.list_repo_files(repo_id, revision=revision)
            stale = [name for name in there if _OF_A_CHECKPOINT.fullmatch(name) and name not in files]
            operations += [CommitOperationDelete(name) for name in stale]
            commit = api.create_commit(repo_id, operations, commit_message=commit_message, revision=revision)
        except Exception as error:
            raise OSError(
                f"{repo_id}: the push failed, and the repository is as it was: {_said(error)}. "
                f"The checkpoint is whole in {folder}"
            ) from error
    return str(commit.commit_url)


def _check_bases(folder: str | os.PathLike[str], config: RefSamConfig) -> None:
    for name in (config.refsam_checkpoint, config.vision_checkpoint, config.text_checkpoint):
        if name is not None and os.path.exists(name):
            raise ValueError(
                f"{folder}: expected an adapter-only checkpoint over checkpoints of the Hub, got one over the folder "
                f"{name}: push that first and save the adapter with its name as base, or push the self-contained form"
            )


def _said(error: BaseException) -> str:
    """The client's message, and what it came of: of an upload the client says no more than that it failed."""
    kind = "the Hub answered" if isinstance(error, HfHubHTTPError) else type(error).__name__
    said = f"{kind}: {' '.join(str(error).split()).rstrip('.')}"
    return said if error.__cause__ is None else f"{said} ({_said(error.__cause__)})"
