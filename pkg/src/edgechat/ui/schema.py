"""What makes a UI message valid (npm `ai` 7.0.173, the schemas of `validateUIMessages`).

The types in `messages` read more than that: they take null for a field that is absent, and any field in any state.
"""

import re
from typing import Annotated, Any, Literal, NamedTuple, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from edgechat.errors import TypeValidationError
from edgechat.ui.messages import (
    DataPart,
    FilePart,
    ProviderMetadata,
    SteeringMessagePart,
    TaggedPart,
    TextPart,
    ToolApproval,
    ToolPart,
    UIMessage,
    UIPart,
)

_WHERE = re.compile(r"(.*) - at `\$(.*)`", re.DOTALL)
_STATIC: dict[str, type[TaggedPart]] = {part.__struct_config__.tag: part for part in get_args(TaggedPart.__value__)}
_NULLABLE = frozenset({"data", "descriptor", "input", "inputSchemaInput", "output", "rawInput"})


class _State(NamedTuple):
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    approved: tuple[bool | None, ...] = ()
    """What the answer to a request for approval may be; None: not there yet."""


_TOOL = ("type", "toolCallId", "state", "title", "toolMetadata", "providerExecuted", "callProviderMetadata")
_STATES = {
    "input-streaming": _State((), ("input", "rawInput", "inputEncoding")),
    "input-available": _State(("input",)),
    "approval-requested": _State(("input", "approval"), (), (None,)),
    "approval-responded": _State(("input", "approval"), (), (True, False)),
    "output-available": _State(("input", "output"), ("resultProviderMetadata", "preliminary", "approval"), (True,)),
    "output-error": _State(("errorText",), ("input", "rawInput", "resultProviderMetadata", "approval"), (True,)),
    "output-denied": _State(("input", "approval"), (), (False,)),
}
_OF_SOME_STATES = ("output", "errorText", "approval")

type _Index = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class _URLSource(msgspec.Struct, tag_field="sourceType", tag="url", rename="camel"):
    type: Literal["source"]
    id: str
    url: str
    title: str | UnsetType = UNSET
    provider_metadata: ProviderMetadata | UnsetType = UNSET


class _DocumentSource(msgspec.Struct, tag_field="sourceType", tag="document", rename="camel"):
    type: Literal["source"]
    id: str
    media_type: str
    title: str
    filename: str | UnsetType = UNSET
    provider_metadata: ProviderMetadata | UnsetType = UNSET


class _Citation(msgspec.Struct, rename="camel"):
    source: _URLSource | _DocumentSource
    start_index: _Index | UnsetType = UNSET
    end_index: _Index | UnsetType = UNSET
    cited_text: str | UnsetType = UNSET


class _Steering(msgspec.Struct):
    id: str
    parts: list[dict[str, Any]]


class _Message(msgspec.Struct):
    id: str
    role: Literal["system", "user", "assistant"]
    parts: list[Any]
    metadata: Any = None


def message(raw: Any, path: str) -> UIMessage:
    """One message from what its JSON was decoded to. Raises `TypeValidationError`, which begins with `path`."""
    checked: _Message = converted(raw, _Message, path)
    if not checked.parts and checked.role != "assistant":
        raise TypeValidationError(f"{path}.parts: a {checked.role} message needs at least one part")
    parts = [_part(part, f"{path}.parts[{index}]") for index, part in enumerate(checked.parts)]
    return UIMessage(id=checked.id, role=checked.role, parts=parts, metadata=checked.metadata)


def converted(value: Any, type: Any, path: str) -> Any:
    """`msgspec.convert`, with a path in its error."""
    try:
        return msgspec.convert(value, type)
    except msgspec.ValidationError as error:
        match = _WHERE.fullmatch(str(error))
        text, where = match.groups() if match else (str(error), "")
        raise TypeValidationError(f"{path}{where}: {text[:200]}") from None


def _part(raw: Any, path: str) -> UIPart:
    name = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(name, str):
        raise TypeValidationError(f"{path}: expected an object with a `type`")
    if name == "steering-message":
        return _steering(raw, path)
    if name in _STATIC:
        part = _struct(raw, _STATIC[name], path)
        if isinstance(part, TextPart) and part.citations is not None:
            part.citations = msgspec.to_builtins(converted(part.citations, list[_Citation], f"{path}.citations"))
        return part
    if name.startswith("data-"):
        return _struct(raw, DataPart, path)
    if name.startswith("tool-") or name == "dynamic-tool":
        return _tool(raw, path)
    raise TypeValidationError(f"{path}.type: unknown part type {name[:100]!r}")


def _steering(raw: dict[str, Any], path: str) -> SteeringMessagePart:
    checked: _Steering = converted(raw, _Steering, path)
    parts: list[TextPart | FilePart] = []
    for index, part in enumerate(checked.parts):
        where = f"{path}.parts[{index}]"
        name = part.get("type")
        if name == "text":
            # This kind of text has neither citations nor a state.
            parts.append(_struct(_only(part, ("type", "text", "providerMetadata")), TextPart, where))
        elif name == "file":
            parts.append(_struct(part, FilePart, where))
        else:
            raise TypeValidationError(f"{where}.type: expected text or file")
    return SteeringMessagePart(id=checked.id, parts=parts)


def _tool(raw: dict[str, Any], path: str) -> ToolPart:
    state = raw.get("state")
    fields = _STATES.get(state) if isinstance(state, str) else None
    if fields is None:
        raise TypeValidationError(f"{path}.state: expected one of {', '.join(_STATES)}")
    for field in fields.required:
        if field not in raw:
            raise TypeValidationError(f"{path}.{field}: missing in state {state}")
    known = (*_TOOL, *fields.required, *fields.optional)
    for field in _OF_SOME_STATES:
        if field in raw and field not in known:
            raise TypeValidationError(f"{path}.{field}: not in state {state}")
    if raw["type"] == "dynamic-tool":
        known = (*known, "toolName", "dynamic")
        if raw.get("dynamic", False) is not False:
            raise TypeValidationError(f"{path}.dynamic: expected false")
    if state == "input-streaming" and not isinstance(raw.get("rawInput", ""), str):
        raise TypeValidationError(f"{path}.rawInput: expected a string")
    part = _struct(_only(raw, known), ToolPart, path)
    if part.approval is not None:
        _check_approval(raw["approval"], part.approval, fields.approved, f"{path}.approval")
    return part


def _check_approval(raw: dict[str, Any], approval: ToolApproval, approved: tuple[bool | None, ...], path: str) -> None:
    _refuse_null(raw, ToolApproval, path)
    if approval.approved not in approved:
        raise TypeValidationError(f"{path}.approved: not so in this state")
    if approval.approved is None and approval.reason is not None:
        raise TypeValidationError(f"{path}.reason: only with an answer")


def _struct[Part: msgspec.Struct](raw: dict[str, Any], type: type[Part], path: str) -> Part:
    _refuse_null(raw, type, path)
    part: Part = converted(raw, type, path)
    return part


def _refuse_null(raw: dict[str, Any], type: type[msgspec.Struct], path: str) -> None:
    for field in type.__struct_encode_fields__:
        if field not in _NULLABLE and raw.get(field, UNSET) is None:
            raise TypeValidationError(f"{path}.{field}: null")


def _only(raw: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: raw[field] for field in fields if field in raw}
