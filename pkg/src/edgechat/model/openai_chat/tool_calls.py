"""Tool calls in pieces, by OpenAI's wire (npm `@ai-sdk/provider-utils` 5.0.81, `StreamingToolCallTracker`)."""

from collections.abc import Iterable
from enum import Enum, auto

from edgechat.errors import StreamFormatError
from edgechat.ids import generate_id
from edgechat.model.parts import ModelPart, ProviderMetadata, ToolCall, ToolInputDelta, ToolInputEnd, ToolInputStart

type Number = int | float

_OPENING = {"}": "{", "]": "["}


class _Found(Enum):
    NONE = auto()
    AMBIGUOUS = auto()


class _Call:
    def __init__(self, id: str, name: str, index: Number | None, metadata: ProviderMetadata | None) -> None:
        self.id = id
        self.name = name
        self.index = index
        self.metadata = metadata
        self.input: list[str] = []
        self._structure = _Structure()
        self._seen = 0

    @property
    def is_complete(self) -> bool:
        """Whether the input is a whole object or list. Asked for rarely, so it is found out only then."""
        for piece in self.input[self._seen :]:
            self._structure.feed(piece)
        self._seen = len(self.input)
        return self._structure.is_complete


class ToolCallTracker:
    """Finds out which call a piece belongs to: servers number their calls well, badly, or not at all.

    Calls are complete only at the end of the stream: what can be parsed may still go on.
    """

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_id: dict[str, list[_Call]] = {}
        self._by_index: dict[Number, list[_Call]] = {}
        self._ids: set[str] = set()

    def feed(
        self,
        parts: list[ModelPart],
        *,
        index: Number | None,
        id: str | None,
        name: str | None,
        arguments: str | None,
        metadata: ProviderMetadata | None = None,
    ) -> None:
        """Raises `StreamFormatError` for a call without a name."""
        is_nameless = name is not None and not name.strip()
        wire_id = id if id and id.strip() else None
        name = None if is_nameless else name
        call = self._find(index, wire_id, name, arguments)
        if call is _Found.AMBIGUOUS:
            return
        if call is _Found.NONE:
            if is_nameless:
                return
            if name is None:
                raise StreamFormatError("The model's stream has a tool call without a name.")
            call = _Call(self._unique(wire_id), name, index, metadata)
            self._calls.append(call)
            parts.append(ToolInputStart(call.id, name))
            is_delta = bool(arguments)
        else:
            is_delta = arguments is not None
        if wire_id:
            _add(self._by_id.setdefault(wire_id, []), call)
        if index is not None:
            _add(self._by_index.setdefault(index, []), call)
        if is_delta and arguments is not None:
            call.input.append(arguments)
            parts.append(ToolInputDelta(call.id, arguments))

    def close(self, parts: list[ModelPart]) -> None:
        calls: Iterable[_Call] = self._calls
        if all(call.index is not None for call in self._calls):
            calls = sorted(self._calls, key=lambda call: call.index or 0)
        for call in calls:
            parts.append(ToolInputEnd(call.id))
            parts.append(ToolCall(call.id, call.name, "".join(call.input), provider_metadata=call.metadata))

    def _find(self, index: Number | None, id: str | None, name: str | None, arguments: str | None) -> _Call | _Found:
        """| id      | index, name | begins           | is                                        |
        |---------|-------------|------------------|-------------------------------------------|
        | known   | match       |                  | the call that matches, new, or ambiguous  |
        | known   | conflict    | with a name      | new                                       |
        | new     | match       | an object        | new                                       |
        | new     | match       | with a name only | the incomplete call, new, or ambiguous    |
        | new     | match       | no               | the call that matches, or ambiguous       |
        | missing | match       |                  | the call that matches, new, or ambiguous  |
        | missing | missing     | with a name      | new                                       |
        | missing | missing     | no               | the only call, new, or ambiguous          |
        """
        begins = name is not None and arguments is not None and arguments.lstrip()[:1] in ("{", "[")
        indexed = None if index is None else self._by_index.get(index)
        matching = [call for call in indexed or () if name is None or call.name == name]
        if id and (known := self._by_id.get(id)):
            if index is not None:
                found = _choose([call for call in matching if call in known], begins)
                if found is not _Found.NONE:
                    return found
                if name is not None:
                    return _Found.NONE
                return _Found.AMBIGUOUS if indexed else _choose(known, begins=False)
            if name is not None:
                return _choose([call for call in known if call.name == name], begins)
            return _choose(known, begins=False)
        if id:
            if not matching or begins:
                return _Found.NONE
            return _choose(matching, begins=name is not None and not (arguments or "").strip())
        if indexed:
            return _choose(matching, begins)
        return _Found.NONE if name is not None else _choose(self._calls, begins=False)

    def _unique(self, wire_id: str | None) -> str:
        unique = wire_id
        while unique is None or unique in self._ids:
            unique = generate_id()
        self._ids.add(unique)
        return unique


def _choose(calls: list[_Call], begins: bool) -> _Call | _Found:
    if not calls:
        return _Found.NONE
    if not begins and len(calls) == 1:
        return calls[0]
    open_calls = [call for call in calls if not call.is_complete]
    if len(open_calls) == 1:
        return open_calls[0]
    return _Found.AMBIGUOUS if open_calls or not begins else _Found.NONE


def _add(calls: list[_Call], call: _Call) -> None:
    if call not in calls:
        calls.append(call)


class _Structure:
    """Whether a growing text is a whole JSON object or list, judged by its brackets."""

    def __init__(self) -> None:
        self.is_complete = False
        self._is_other = False
        self._open: list[str] = []
        self._in_string = False
        self._escaped = False

    def feed(self, text: str) -> None:
        for character in text:
            if self.is_complete or self._is_other:
                return
            self._take(character)

    def _take(self, character: str) -> None:
        if self._in_string:
            if self._escaped:
                self._escaped = False
            elif character == "\\":
                self._escaped = True
            elif character == '"':
                self._in_string = False
        elif character in "{[":
            self._open.append(character)
        elif not self._open:
            self._is_other = not character.isspace()
        elif character == '"':
            self._in_string = True
        elif character in "}]":
            self._is_other = self._open.pop() != _OPENING[character]
            self.is_complete = not (self._open or self._is_other)
