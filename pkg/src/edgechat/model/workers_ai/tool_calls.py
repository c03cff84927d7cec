"""Tool calls of Workers AI: as they stream, as they come at once, and as text of a model that does not know better."""

from collections.abc import Set
from typing import Any

import msgspec

from edgechat.ids import generate_id
from edgechat.json import JSONDecoder
from edgechat.model.parts import ModelPart, ToolCall, ToolInputDelta, ToolInputEnd, ToolInputStart

# The models count their calls anew in each answer, so a conversation would see the same id twice.
_MARKER = "::cf-wai-tool-call::"

_any = JSONDecoder[Any](Any)


def unique_id(id: Any = None) -> str:
    return f"{id or generate_id()}{_MARKER}{generate_id()}"


def original_id(id: str) -> str:
    """What Workers AI knows the call by."""
    original, marker, suffix = id.rpartition(_MARKER)
    return original if marker and suffix else id


class _Call:
    def __init__(self, id: str, name: str) -> None:
        self.id = id
        self.name = name
        self.input: list[str] = []
        self.is_open = True


class ToolCallStream:
    """Calls that come in pieces. One is complete when the next begins, and at a piece of nothing but nulls."""

    def __init__(self) -> None:
        self._calls: dict[float | str, _Call] = {}
        self._last: _Call | None = None

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, pieces: list[Any], parts: list[ModelPart]) -> None:
        for piece in pieces:
            if isinstance(piece, dict):
                self._feed(piece, parts)

    def close(self, parts: list[ModelPart]) -> None:
        for call in self._calls.values():
            self._close(call, parts)

    def _feed(self, piece: dict[str, Any], parts: list[ModelPart]) -> None:
        name, arguments = _name_and_arguments(piece)
        own_id = str(piece.get("id") or "")
        if not (own_id or name or arguments):
            self._close(self._last, parts)
            return
        index = piece.get("index")
        index = index if isinstance(index, int | float) else None
        call = self._find(index, own_id, name)
        if call is None:
            self._close(self._last, parts)
            call = _Call(unique_id(own_id), name or "")
            self._calls[(own_id or call.id) if index is None else index] = call
            parts.append(ToolInputStart(call.id, call.name))
        self._last = call
        if arguments not in (None, "") and call.is_open:
            delta = _text(arguments)
            call.input.append(delta)
            parts.append(ToolInputDelta(call.id, delta))

    def _find(self, index: float | None, id: str, name: str | None) -> _Call | None:
        """Native calls have no index: there an id or a name begins a call."""
        if index is not None:
            return self._calls.get(index)
        return self._calls.get(id) if id or name else self._last

    @staticmethod
    def _close(call: _Call | None, parts: list[ModelPart]) -> None:
        if call and call.is_open:
            call.is_open = False
            parts += [ToolInputEnd(call.id), ToolCall(call.id, call.name, "".join(call.input))]


def complete_calls(calls: Any) -> list[ToolCall]:
    """Calls that came at once, flat or in OpenAI's shape."""
    found = []
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict):
            name, arguments = _name_and_arguments(call)
            found.append(ToolCall(unique_id(call.get("id")), name or "", _text({} if arguments is None else arguments)))
    return found


def leaked_calls(text: str, names: Set[str]) -> list[ToolCall]:
    """The calls that gpt-oss models at times write as text, when they must call a tool:
    `{"name": ..., "arguments": {...}}`, "parameters" instead, or the arguments beside the name. Or a list of these."""
    try:
        value = _any.decode(text)
    except msgspec.DecodeError:
        return []
    found = []
    for call in value if isinstance(value, list) else [value]:
        match call:
            case {"name": str() as name, **others} if name in names:
                arguments = others.get("arguments", others.get("parameters", others))
                found.append(ToolCall(unique_id(), name, _text({} if arguments is None else arguments)))
    return found


def _name_and_arguments(call: dict[str, Any]) -> tuple[str | None, Any]:
    function = call.get("function")
    inner = function if isinstance(function, dict) else {}
    name = inner.get("name") or call.get("name")
    arguments = inner.get("arguments")
    return name if isinstance(name, str) else None, call.get("arguments") if arguments is None else arguments


def _text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
