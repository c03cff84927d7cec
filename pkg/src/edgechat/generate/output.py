"""What an answer is to be: text, or JSON of a given type, whose partial values stream (npm `ai` 7.0.173, `Output`)."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from edgechat.errors import NoObjectGeneratedError
from edgechat.generate.schema import Schema
from edgechat.json import JSONDecoder
from edgechat.model.types import JSONFormat
from edgechat.partial_json import PartialJSON

_any = JSONDecoder[Any](Any)


class PartialOutput(Protocol):
    """Follows the text of an answer as it grows."""

    def feed(self, text: str) -> object: ...

    @property
    def value(self) -> Any:
        """What can be said so far; `msgspec.UNSET` for nothing yet."""
        ...


class Output[Out]:
    """How to ask for an output and how to read it: `Output.object(Person)`, `Output.array(Person)`, and so on."""

    def __init__(self, response_format: JSONFormat | None) -> None:
        self.response_format = response_format

    def parse(self, text: str) -> Out:
        """The whole output. Raises `NoObjectGeneratedError`."""
        raise NotImplementedError

    def partial(self) -> PartialOutput:
        raise NotImplementedError

    def elements(self) -> "Elements[Any]":
        """Raises `TypeError` for what is no array."""
        raise TypeError("Only an array has elements.")

    @staticmethod
    def text() -> "Output[str]":
        return _Text()

    @staticmethod
    def object[T](type: type[T], *, name: str | None = None, description: str | None = None) -> "Output[T]":
        """A value of `type`: a struct, a dataclass, a TypedDict, a Pydantic model."""
        return _Object(type, name, description)

    @staticmethod
    def array[T](type: type[T], *, name: str | None = None, description: str | None = None) -> "Output[list[T]]":
        """A list, whose elements stream one by one."""
        return _Array(type, name, description)

    @staticmethod
    def choice(options: Sequence[str], *, name: str | None = None, description: str | None = None) -> "Output[str]":
        return _Choice(options, name, description)

    @staticmethod
    def json(*, name: str | None = None, description: str | None = None) -> "Output[Any]":
        """Any JSON."""
        return _JSON(JSONFormat(name=name, description=description))


class _GrowingText:
    def __init__(self) -> None:
        self._pieces: list[str] = []

    def feed(self, text: str) -> None:
        self._pieces.append(text)

    @property
    def value(self) -> str:
        return "".join(self._pieces)


class _Text(Output[str]):
    def __init__(self) -> None:
        super().__init__(None)

    def parse(self, text: str) -> str:
        return text

    def partial(self) -> PartialOutput:
        return _GrowingText()


class _JSON(Output[Any]):
    def parse(self, text: str) -> Any:
        try:
            return _any.decode(text)
        except msgspec.DecodeError as error:
            raise _mismatch(text, error) from None

    def partial(self) -> PartialOutput:
        return PartialJSON()


class _Object[T](Output[T]):
    def __init__(self, type: Any, name: str | None, description: str | None) -> None:
        self._schema = Schema[T](type)
        super().__init__(JSONFormat(schema=self._schema.json, name=name, description=description))

    def parse(self, text: str) -> T:
        try:
            return self._schema.decode(text)
        except ValueError as error:
            raise _mismatch(text, error) from None

    def partial(self) -> PartialOutput:
        return PartialJSON()


class _Wrapped(PartialJSON):
    """Models answer with an object; what was asked for is in one field of it."""

    def __init__(self, field: str) -> None:
        super().__init__()
        self._field = field

    @property
    def value(self) -> Any:
        whole = super().value
        return whole.get(self._field, msgspec.UNSET) if isinstance(whole, dict) else msgspec.UNSET


class Elements[T]:
    """The elements of a growing array, each once, when it is whole."""

    def __init__(self, schema: Schema[T]) -> None:
        self._schema = schema
        self._partial = _Wrapped("elements")
        self._count = 0

    def feed(self, text: str) -> list[T]:
        """Those that have become whole. Raises `NoObjectGeneratedError` for one that is not as wanted."""
        self._partial.feed(text)
        values = self._partial.value
        if not isinstance(values, list):
            return []
        whole = len(values) if self._partial.state == "successful-parse" else len(values) - 1
        new = values[self._count : whole]
        self._count += len(new)
        try:
            return [self._schema.convert(value) for value in new]
        except ValueError as error:
            raise _mismatch(msgspec.json.encode(new).decode(), error) from None


class _Array[T](Output[list[T]]):
    def __init__(self, type: Any, name: str | None, description: str | None) -> None:
        self._element = Schema[T](type)
        item = dict(self._element.json)
        definitions = item.pop("$defs", None)
        schema = {
            "type": "object",
            "properties": {"elements": {"type": "array", "items": item}},
            "required": ["elements"],
            "additionalProperties": False,
        }
        if definitions:
            schema["$defs"] = definitions
        super().__init__(JSONFormat(schema=schema, name=name, description=description))

    def parse(self, text: str) -> list[T]:
        try:
            whole = _any.decode(text)
            if not isinstance(whole, dict) or not isinstance(whole.get("elements"), list):
                raise ValueError("an object with `elements` was expected")
            return [self._element.convert(element) for element in whole["elements"]]
        except ValueError as error:
            raise _mismatch(text, error) from None

    def partial(self) -> PartialOutput:
        return _Wrapped("elements")

    def elements(self) -> "Elements[T]":
        return Elements(self._element)


class _Choice(Output[str]):
    def __init__(self, options: Sequence[str], name: str | None, description: str | None) -> None:
        self._options = list(options)
        schema = {
            "type": "object",
            "properties": {"result": {"type": "string", "enum": self._options}},
            "required": ["result"],
            "additionalProperties": False,
        }
        super().__init__(JSONFormat(schema=schema, name=name, description=description))

    def parse(self, text: str) -> str:
        try:
            whole = _any.decode(text)
        except msgspec.DecodeError as error:
            raise _mismatch(text, error) from None
        result = whole.get("result") if isinstance(whole, dict) else None
        if result not in self._options:
            raise _mismatch(text, ValueError(f"one of {self._options} was expected"))
        return str(result)

    def partial(self) -> PartialOutput:
        return _PartialChoice(self._options)


class _PartialChoice(_Wrapped):
    """A beginning counts once it can be only one of the options."""

    def __init__(self, options: Sequence[str]) -> None:
        super().__init__("result")
        self._options = options

    @property
    def value(self) -> Any:
        begun = super().value
        possible = [option for option in self._options if isinstance(begun, str) and option.startswith(begun)]
        return possible[0] if begun and len(possible) == 1 else msgspec.UNSET


def _mismatch(text: str, error: Exception) -> NoObjectGeneratedError:
    return NoObjectGeneratedError(f"The model's answer is not the wanted JSON: {error}", text)
