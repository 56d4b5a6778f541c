"""Reads a dataclass from YAML and from the command line, and says exactly what is wrong where something is."""

import contextlib
import difflib
import math
import os
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from .overrides import Given, describe, override, plain

Config = TypeVar("Config")

_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def read_config(config_class: type[Config], path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Config:
    """A config from a YAML file and command-line overrides.

    Args:
        config_class: a dataclass; the metadata of a field may hold `min`, `max`, `choices` and, for a mapping, `keys`.
        path: the file.
        overrides: `["--name", "value", "--outer.inner", "value", ...]` (or `--name=value`); values are read as YAML
            where no text is asked for, a number in a name is a place in a list.

    Raises:
        OSError: if the file cannot be read. It names the file.
        ValueError: if it is not YAML, or a key is unknown, missing, or has the wrong type or range. It names the key.
    """
    import yaml

    try:
        options = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise type(error)(f"{path}: expected a YAML file of options, got {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a YAML file: {error}") from error
    if not isinstance(options, dict):
        raise ValueError(f"{path}: expected a mapping of names to values, got {describe(options)}")
    override(options, overrides)
    return from_mapping(config_class, options)


def from_mapping(config_class: type[Config], options: Any, key: str = "") -> Config:
    """A dataclass from a mapping; `key` is where the mapping stands, for the errors."""
    if not isinstance(options, Mapping):
        raise ValueError(f"{key or config_class.__name__}: expected a mapping, got {describe(options)}")
    known = {field.name: field for field in fields(config_class)}  # type: ignore[arg-type]
    check_keys(options, known, key)
    annotations = typing.get_type_hints(config_class)
    values = {}
    for name, field in known.items():
        path = f"{key}.{name}" if key else name
        if name in options:
            values[name] = _convert(options[name], annotations[name], field.metadata, path)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{path} is missing: {field.metadata.get('help', 'it has no default')}")
    return config_class(**values)


def check_keys(options: Mapping[Any, Any], known: Iterable[str], key: str = "") -> None:
    """Raises a ValueError that names the first unknown key, and the known one that it resembles."""
    known = list(known)
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f", did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            raise ValueError(f"unknown key {key + '.' if key else ''}{name}{hint}")


def _convert(value: Any, annotation: Any, metadata: Mapping[str, Any], key: str) -> Any:
    """The value in the type of its annotation; ranges and choices are checked on the single values."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):  # X | None is the only union that the configs use
        (annotation,) = (argument for argument in arguments if argument is not type(None))
        nothing = value is None or (isinstance(value, Given) and value.as_text() is None)
        return None if nothing else _convert(value, annotation, metadata, key)
    if isinstance(value, Given):
        value = value.as_text() if annotation is str else value.as_yaml()
    if is_dataclass(annotation):
        return from_mapping(typing.cast(type, annotation), value, key)
    if origin is list:
        if not isinstance(value, list):
            hint = f" such as [{value}]" if isinstance(value, str) else ""
            raise ValueError(f"{key}: expected a list{hint}, got {describe(value)}")
        return [_convert(item, arguments[0], metadata, f"{key}.{i}") for i, item in enumerate(value)]
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ValueError(f"{key}: expected a mapping, got {describe(value)}")
        if "keys" in metadata:
            check_keys(value, metadata["keys"], key)
        if arguments[1] is Any:
            return plain(value)
        return {name: _convert(item, arguments[1], metadata, f"{key}.{name}") for name, item in value.items()}
    return _convert_scalar(value, annotation, metadata, key)


def _convert_scalar(value: Any, annotation: type, metadata: Mapping[str, Any], key: str) -> Any:
    if annotation is float:
        if isinstance(value, str):  # YAML 1.1 reads 1e-4 as a text
            with contextlib.suppress(ValueError):
                value = float(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
    # bool is an int in Python: `steps: true` must not become 1
    if not isinstance(value, annotation) or (annotation is int and isinstance(value, bool)):
        hint = "; in quotes it is one" if annotation is str and isinstance(value, (bool, int, float)) else ""
        raise ValueError(f"{key}: expected {_NAMES[annotation]}, got {describe(value)}{hint}")
    if "choices" in metadata and value not in metadata["choices"]:
        raise ValueError(f"{key}: expected one of {', '.join(metadata['choices'])}, got {value!r}")
    low, high = metadata.get("min"), metadata.get("max")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{key}: expected a finite number, got {value}")
    if low is not None and value < low:
        raise ValueError(f"{key}: expected at least {low}, got {value}")
    if high is not None and value > high:
        raise ValueError(f"{key}: expected at most {high}, got {value}")
    return value


def describe_options(config_class: type, prefix: str = "") -> str:
    """One line per option, `--name  help [default]`, the fields of a nested dataclass behind their own."""
    annotations = typing.get_type_hints(config_class)
    lines = []
    for field in fields(config_class):
        annotation = annotations[field.name]
        inner = next((part for part in (annotation, *typing.get_args(annotation)) if is_dataclass(part)), None)
        default = field.default if field.default is not MISSING else None
        if default is None and field.default_factory is not MISSING and inner is None:
            default = field.default_factory()
        shown = "" if default is None else f" [{default}]"
        lines.append(f"  --{prefix}{field.name}  {field.metadata.get('help', '')}{shown}")
        if inner is not None:
            in_list = typing.get_origin(annotation) is list
            lines.append(describe_options(typing.cast(type, inner), f"{prefix}{field.name}.{'0.' if in_list else ''}"))
    return "\n".join(lines)
