"""One file per `refsam` command: `add_parser(subparsers)` describes it, `run(options)` does it.

`run` gives the exit code, or None for 0.
"""
