"""Options of a configuration as the command line gives them: texts, until it is known what they are to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Given:
    """A value as it was given. Where a text is asked for it is meant literally, and as YAML everywhere else.

    So `50%:`, `no`, `0010` and `1e-4` are texts without the quotes that YAML asks for and a shell takes away.

    Attributes:
        name: of the option.
        text: its value.
    """

    name: str
    text: str

    def as_yaml(self) -> Any:
        """The value.

        Raises:
            ValueError: it is not YAML.
        """
        import yaml

        try:
            return yaml.safe_load(self.text)
        except yaml.YAMLError as error:
            raise ValueError(f"--{self.name}: {self.text!r} is not a YAML value: {error}") from error

    def as_text(self) -> str | None:
        """The text, without the quotes around it if YAML reads them as such; None for YAML's null, and for nothing."""
        try:
            value = self.as_yaml()
        except ValueError:
            return self.text
        quoted = isinstance(value, str) and self.text.lstrip()[:1] in ("'", '"')
        return value if value is None or quoted else self.text


def override(options: Any, overrides: Sequence[str]) -> None:
    """Puts `["--name", "value", "--outer.inner=value", ...]` into nested options, each value as a `Given`.

    Raises:
        ValueError: a value is missing, or a name leads to no place.
    """
    for name, text in _pairs(overrides):
        _put(options, name.split("."), Given(name, text))


def _pairs(overrides: Sequence[str]) -> list[tuple[str, str]]:
    """`--a 1 --b-c=2` -> [("a", "1"), ("b_c", "2")]: names may have dashes, as transformers' scripts take them."""
    pairs = []
    rest = list(overrides)
    while rest:
        option = rest.pop(0)
        if not option.startswith("--") or option == "--":
            raise ValueError(f"expected --name value, got {option!r}")
        name, equals, text = option[2:].partition("=")
        if not equals:
            if not rest:
                raise ValueError(f"--{name}: the value is missing")
            text = rest.pop(0)
        pairs.append((name.replace("-", "_"), text))
    return pairs


def _put(options: Any, path: list[str], value: Given) -> None:
    """Sets the value at a path through mappings and lists; mappings that are not there yet are made."""
    for step, following in zip(path, [*path[1:], None], strict=True):
        place: Any = step
        if isinstance(options, list):
            if not step.isdigit() or int(step) >= len(options):
                raise ValueError(f"--{value.name}: expected a place in a list of {len(options)}, got {step!r}")
            place = int(step)
        elif not isinstance(options, dict):
            raise ValueError(f"--{value.name}: {step!r} stands in a value that has no parts, {describe(options)}")
        if following is None:
            options[place] = value
            return
        inner = options.get(place) if isinstance(options, dict) else options[place]
        if isinstance(inner, Given):
            inner = inner.as_yaml()
        options[place] = {} if inner is None and isinstance(options, dict) else inner
        options = options[place]


def plain(value: Any) -> Any:
    """A value of any kind, all that was given in it read as YAML."""
    if isinstance(value, Given):
        return value.as_yaml()
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def describe(value: Any) -> str:
    """A value in an error's text."""
    value = plain(value)
    return "nothing" if value is None else f"{value!r} ({type(value).__name__})"
