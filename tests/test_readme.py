"""What the documents show is run: python blocks as written, commands where a test can run them.

The label of a fenced block says what is done with it:

- `python`: run, all blocks of a file in order and in one namespace, beside a `clip.mp4` (those of `docs/benchmarks.md`
  beside small benchmarks in `data/`). A comment `# -> value` behind
  or below an expression is what it prints or, if it prints nothing, what it is; `...` stands for anything.
- `python hub`: needs the Hub; compiled only.
- `console`: lines that begin with `$ ` are commands. `refsam` and `python` run, targets of `make` must exist; of what
  would install, download, train or test again only the files that it names are looked for.
"""

import ast
import contextlib
import doctest
import io
import re
import shlex
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest

from refsam_hf.benchmarks import BENCHMARKS

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    *(path for path in (ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md") if path.is_file()),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^```(?P<label>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_ONLY = {"text", "json", "yaml", "toml", "bibtex"}
LOOKED_AT = {"git", "cd", "pip", "python3.11", "source", "accelerate", "pytest"}
COMPARISON = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Block(NamedTuple):
    label: str
    body: str
    line: int  # of the document, counted from 1, where the body begins


def blocks(text: str) -> list[Block]:
    return [
        Block(match["label"].strip(), match["body"], text.count("\n", 0, match.start("body")) + 1)
        for match in FENCE.finditer(text)
    ]


def expected_values(source: str, tree: ast.Module) -> dict[int, str]:
    """What `# -> ` comments say, by the position of the statement that they belong to."""
    lines = source.splitlines()
    values: dict[int, list[str]] = {}
    owner = {line: index for index, node in enumerate(tree.body) for line in range(node.lineno, node.end_lineno + 1)}
    current = None
    for number, line in enumerate(lines, start=1):
        current = owner.get(number, current)
        if match := re.search(r"# -> (.*)$", line):
            if current is None or not isinstance(tree.body[current], ast.Expr):
                raise ValueError(f"line {number}: '# -> ' belongs to no expression: {line!r}")
            values.setdefault(current, []).append(match[1])
    return {index: "\n".join(parts) for index, parts in values.items()}


def run_python(block: Block, namespace: dict[str, Any], filename: str) -> int:
    """Runs a block; returns how many values were compared."""
    source = "\n" * (block.line - 1) + block.body  # line numbers in a traceback are those of the document
    tree = ast.parse(source, filename)
    expected = expected_values(source, tree)
    for index, node in enumerate(tree.body):
        printed = io.StringIO()
        value = None
        with contextlib.redirect_stdout(printed):
            if isinstance(node, ast.Expr):
                value = eval(compile(ast.Expression(node.value), filename, "eval"), namespace)
            else:
                exec(compile(ast.Module([node], []), filename, "exec"), namespace)
        if index in expected:
            got = printed.getvalue() or repr(value)
            matches = doctest.OutputChecker().check_output(expected[index] + "\n", got.rstrip() + "\n", COMPARISON)
            assert matches, f"{filename}:{node.lineno}: expected {expected[index]!r}, got {got!r}"
    return len(expected)


def commands(block: Block) -> list[str]:
    """The commands of a console block, continued lines joined, comments dropped."""
    lines = block.body.replace("\\\n", " ").splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def run_command(command: str, folder: Path) -> None:
    words = shlex.split(command, comments=True)
    program = words[0].removeprefix(".venv/bin/")
    if program == "make":
        subprocess.run(["make", "--dry-run", "--silent", *words[1:]], cwd=ROOT, check=True, capture_output=True)
        return
    if program in LOOKED_AT:
        named = [word for word in words if re.search(r"\.(py|yaml|txt)$", word)]
        assert [word for word in named if not (ROOT / word).is_file()] == [], command
        return
    if program == "refsam":
        words[:1] = [sys.executable, "-c", "import sys; from refsam_hf.cli import main; sys.exit(main())"]
    elif program == "python":
        words[0] = sys.executable
    else:
        raise ValueError(f"a document shows a command that no test knows how to check: {command!r}")
    result = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=200)
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"


def write_clip(path: Path) -> None:
    """A second of a red circle and a blue square that move on gray."""
    rows, columns = np.mgrid[:120, :160]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(8), options={"qscale": "2"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for time in range(8):
            frame = np.full((120, 160, 3), 110, np.uint8)
            frame[(rows - 40) ** 2 + (columns - 40 - 5 * time) ** 2 < 20**2] = (220, 30, 30)
            frame[70:105, 110 - 5 * time : 145 - 5 * time] = (40, 60, 220)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def write_benchmarks(trees: Any, data: Path) -> None:
    """Small trees of the public benchmarks, as `docs/benchmarks.md` names them."""
    names = "refer_youtube_vos ref_davis17 ref_davis17_release mevis a2d_sentences jhmdb_sentences youtube_vis"
    for name in names.split():
        getattr(trees, name)(data / name)
    trees.refcoco(data / "coco")


@pytest.fixture
def folder(document: Path, trees: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place that a reader stands in: the checkout's examples, a clip, and where they are spoken of, benchmarks."""
    write_clip(tmp_path / "clip.mp4")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    if document.name == "benchmarks.md":
        write_benchmarks(trees, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_python_blocks_do_what_they_say(document: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BENCHMARKS, "_others", {})  # what a page registers is its own
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(document.read_text(encoding="utf-8")):
        if block.label == "python":
            run_python(block, namespace, document.name)
        elif block.label == "python hub":
            compile("\n" * (block.line - 1) + block.body, document.name, "exec")


def test_commands_run(document: Path, folder: Path) -> None:
    for block in blocks(document.read_text(encoding="utf-8")):
        if block.label == "console":
            for command in commands(block):
                run_command(command, folder)


def test_every_block_is_of_a_kind_that_is_checked(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    found = blocks(text)
    assert {block.label for block in found} <= {"python", "python hub", "console", *SHOWN_ONLY}
    assert 2 * len(found) == len(re.findall(r"^\s*```", text, re.MULTILINE)), "a fence that no test sees"
    assert all(commands(block) for block in found if block.label == "console")


def test_the_readme_shows_python_with_its_output_and_commands() -> None:
    found = blocks((ROOT / "README.md").read_text(encoding="utf-8"))
    assert any("# -> " in block.body for block in found if block.label == "python")
    shown = {command for block in found if block.label == "console" for command in commands(block)}
    assert {"make demo", "make test"} <= shown


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_pictures_of_the_checkout_exist(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)|(?:src|href)=\"([^\"#]+)\"", path.read_text(encoding="utf-8"))
    local = [first or second for first, second in targets if not re.match(r"\w+:", first or second)]
    assert [target for target in local if not (path.parent / target).exists()] == []


# The checks themselves must be able to fail.


def test_a_wrong_value_is_found() -> None:
    (block,) = blocks("```python\nx = 1\nx + 1  # -> 3\n```\n")
    with pytest.raises(AssertionError, match="D:3: expected '3', got '2'"):
        run_python(block, {}, "D")


def test_right_values_are_compared_across_blocks() -> None:
    text = "```python\nx = [1,\n     2]\n```\nand\n```python\nx  # -> [1, ...]\nprint('a\\nb')\n# -> a\n# -> b\n```\n"
    namespace: dict[str, Any] = {}
    assert [run_python(block, namespace, "D") for block in blocks(text)] == [0, 2]


def test_a_value_of_no_expression_is_an_error() -> None:
    (block,) = blocks("```python\nx = 1  # -> 1\n```\n")
    with pytest.raises(ValueError, match="belongs to no expression"):
        run_python(block, {}, "D")


def test_commands_are_found_and_unknown_or_failing_ones_are_errors(tmp_path: Path) -> None:
    (block,) = blocks("```console\n$ make \\\n    demo\nsome output\n$ rm -r x\n```\n")
    assert [command.split() for command in commands(block)] == [["make", "demo"], ["rm", "-r", "x"]]
    with pytest.raises(ValueError, match="no test knows"):
        run_command("rm -r x", tmp_path)
    with pytest.raises(AssertionError, match="lost"):
        run_command("python -c 'raise SystemExit(\"lost\")'", tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        run_command("make no-such-target", tmp_path)
