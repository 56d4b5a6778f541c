"""The options of a loader: its keyword-only parameters, given by name in Python, in a configuration or as text."""

import difflib
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

_KINDS: Mapping[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
_LISTS = (list, tuple, Sequence)


def option_names(load: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the options that a loader takes."""
    return tuple(_options(load))


def check_options(name: str, load: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Refuses options that a loader does not take by name, or not as such a value.

    Args:
        name: what takes them, for messages: the name of the benchmark, or the place in a configuration.

    Raises:
        ValueError: there is one.
    """
    known = _options(load)
    for option, value in options.items():
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"{name}: expected options out of {', '.join(known) or 'none'}, got {option}{hint}")
        kinds = _kinds(known[option].annotation)
        if kinds and not any(_fits(value, kind) for kind in kinds):
            expected = " or ".join(_KINDS.get(kind, "a list") for kind in kinds if kind is not type(None))
            raise ValueError(f"{name}: expected {expected} as the option {option}, got {value!r}")


def read_options(name: str, load: Callable[..., Any], given: Sequence[str]) -> dict[str, Any]:
    """Options from texts like `split_by=google`, `strict=true`, `size=[48, 64]`.

    What a loader annotates as `str` is taken as it stands, other values are read as YAML.

    Raises:
        ValueError: a text is not NAME=VALUE, names an option twice, or as `check_options`.
    """
    import yaml

    known = _options(load)
    options: dict[str, Any] = {}
    for text in given:
        option, sign, value = text.partition("=")
        if not sign or not option or option in options:
            raise ValueError(f"{name}: expected options as NAME=VALUE, each name once, got {text!r}")
        annotation = known[option].annotation if option in known else Parameter.empty
        kinds = _kinds(annotation)
        if not kinds and annotation is not Parameter.empty:
            raise ValueError(f"{name}: expected no {option}, which can be given in Python only, got {text!r}")
        if str in kinds:
            options[option] = value
            continue
        try:
            options[option] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ValueError(f"{name}: expected a value of YAML as the option {option}, got {value!r}") from error
    check_options(name, load, options)
    return options


def _options(load: Callable[..., Any]) -> dict[str, Parameter]:
    try:
        parameters = signature(load, eval_str=True).parameters.values()
    except (
        NameError
    ):  # an annotation of what is imported for type checkers only: those of the options say nothing then
        parameters = signature(load).parameters.values()
    return {parameter.name: parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


def _kinds(annotation: Any) -> list[Any]:
    """The types that an option may have; none of them where that cannot be said."""
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    parts = typing.get_args(annotation) if union else (annotation,)
    kinds = [typing.get_origin(part) or part for part in parts]
    return kinds if all(kind in (*_KINDS, type(None), *_LISTS) for kind in kinds) else []


def _fits(value: Any, kind: Any) -> bool:
    if kind in _LISTS:
        return isinstance(value, (list, tuple))
    if isinstance(value, bool) and kind is not bool:  # a bool is an int in Python
        return False
    return isinstance(value, (int, float) if kind is float else kind)
