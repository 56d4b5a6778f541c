"""A manifest: what a folder holds, and the sums by which any damage to it is noticed."""

import hashlib
import json
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


class DamagedError(ValueError):
    """A folder is not what its manifest says."""


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Writes `manifest.json`: the facts, and size and sha256 of every file of the folder. It is written last.

    Args:
        facts: anything that JSON can hold.
    """
    files = {
        str(path.relative_to(folder)): {"bytes": path.stat().st_size, "sha256": _sum_of_file(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    content = {**facts, "files": files}
    text = json.dumps({**content, "sha256": _sum_of(content)}, indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The facts of a folder's manifest, after all that it lists was compared with what is there.

    Raises:
        DamagedError: a file is missing, cut, longer or changed, the manifest among them. It is named.
    """
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        expected = content.pop("sha256")
    except FileNotFoundError:
        raise DamagedError(f"{MANIFEST} is missing") from None
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise DamagedError(f"{MANIFEST} cannot be read ({error})") from error
    if _sum_of(content) != expected:
        raise DamagedError(f"{MANIFEST} is not what was written")
    for name, file in content.pop("files").items():
        path = folder / name
        try:
            size = path.stat().st_size
            if size != file["bytes"]:
                raise DamagedError(f"{name} has {size} bytes, {file['bytes']} were written")
            if _sum_of_file(path) != file["sha256"]:
                raise DamagedError(f"{name} has other content than was written (its sha256 differs)")
        except FileNotFoundError:
            raise DamagedError(f"{name} is missing") from None
        except OSError as error:
            raise DamagedError(f"{name} cannot be read ({error.strerror})") from error
    return dict(content)


def _sum_of(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sum_of_file(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
