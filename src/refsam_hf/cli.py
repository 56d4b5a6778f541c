"""`refsam`: the commands of this package."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import Any, TextIO

from .commands import card, check, convert, demo, evaluate, prepare, segment, shapes

COMMANDS = (segment, evaluate, check, shapes, prepare, convert, card, demo)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Exit code 0, or what the command returns; 2 and one line on stderr for what cannot be used;
    130 if interrupted."""
    options = build_parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code: int | None = options.run(options)
    except (ValueError, OSError) as error:
        print(f"refsam: error: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("refsam: interrupted", file=sys.stderr)
        return 130
    return code or 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="refsam", description="Point at something in a video with words.")
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> Any:
    if issubclass(category, UserWarning):  # ours; what libraries deprecate is not the user's business
        print(f"refsam: warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
