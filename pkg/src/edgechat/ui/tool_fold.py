"""The tool parts of a message, as chunks bring them on (npm `ai` 7.0.173, `process-ui-message-stream`)."""

from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from edgechat.errors import UIMessageStreamError
from edgechat.partial_json import PartialJSON
from edgechat.ui import chunks as ui
from edgechat.ui.messages import StepStartPart, ToolApproval, ToolPart, ToolState, UIPart

INTERRUPTED = "The tool call was interrupted before its input was complete."


class ToolFold:
    """Applies tool chunks to the parts of a message, in place.

    A chunk names its tool call; its part is looked for in the current step, which begins after the last `step-start`.
    Inputs that were still streaming when the message was saved go on from their `raw_input`.
    """

    def __init__(self, parts: list[UIPart]) -> None:
        self._parts = parts
        self._inputs: dict[str, _Input] = {}
        for part in parts[step_begin(parts) :]:
            if isinstance(part, ToolPart) and part.state == "input-streaming":
                self._inputs[part.tool_call_id] = _Input.of(part)

    def reset(self) -> None:
        """Forgets the inputs that are streaming."""
        self._inputs.clear()

    def apply(self, chunk: ui.ToolChunk) -> ToolPart:
        """Returns the part that changed. Raises `UIMessageStreamError`."""
        match chunk:
            case ui.ToolInputDelta():
                return self._grow(chunk)
            case ui.ToolInputStart():
                self._inputs[chunk.tool_call_id] = _Input(chunk)
                part = self._part(chunk, dynamic=bool(chunk.dynamic))
                _enter(part, "input-streaming", chunk)
                part.input = UNSET
            case ui.ToolInputAvailable():
                part = self._part(chunk, dynamic=bool(chunk.dynamic))
                _enter(part, "input-available", chunk)
                part.input = chunk.input
            case ui.ToolInputError():
                started = self._find(chunk.tool_call_id)
                part = self._part(chunk, dynamic=_is_dynamic(started) if started else bool(chunk.dynamic))
                _enter(part, "output-error", chunk)
                part.input = chunk.input
                part.error_text = chunk.error_text
            case ui.ToolOutputAvailable():
                part = self._called(chunk.tool_call_id)
                _enter(part, "output-available", chunk)
                part.output = chunk.output
                part.preliminary = chunk.preliminary
            case ui.ToolOutputError():
                part = self._called(chunk.tool_call_id)
                raw_input = None if _is_dynamic(part) else part.raw_input
                _enter(part, "output-error", chunk)
                part.raw_input = raw_input
                part.error_text = chunk.error_text
            case ui.ToolOutputDenied():
                part = self._called(chunk.tool_call_id)
                part.state = "output-denied"
            case ui.ToolApprovalRequest():
                part = self._called(chunk.tool_call_id)
                part.state = "approval-requested"
                part.approval = ToolApproval(
                    id=chunk.approval_id,
                    descriptor=chunk.approval_descriptor,
                    input_schema_input=chunk.input_schema_input,
                    request_reason=chunk.reason,
                    is_automatic=chunk.is_automatic or None,
                    signature=chunk.signature,
                )
            case _:
                raise TypeError(f"{chunk!r} is no chunk of a tool.")
        return part

    def approve(self, chunk: ui.ToolApprovalResponse) -> ToolPart:
        """Returns the part that was asked about. Raises `UIMessageStreamError`."""
        for part in self._parts:
            if isinstance(part, ToolPart) and part.approval and part.approval.id == chunk.approval_id:
                break
        else:
            raise UIMessageStreamError(
                f"No tool call was asked about with the approval id {chunk.approval_id!r}.",
                chunk_type="tool-approval-response",
                chunk_id=chunk.approval_id,
            )
        part.state = "approval-responded"
        part.approval.approved = chunk.approved
        if chunk.reason is not None:
            part.approval.reason = chunk.reason
        if chunk.provider_executed is not None:
            part.provider_executed = chunk.provider_executed
        if chunk.provider_metadata is not None:
            part.call_provider_metadata = chunk.provider_metadata
        return part

    def _grow(self, chunk: ui.ToolInputDelta) -> ToolPart:
        streaming = self._inputs.get(chunk.tool_call_id)
        if streaming is None:
            raise not_started(chunk, chunk.tool_call_id)
        count = len(self._parts)
        part = self._part(streaming.start, dynamic=bool(streaming.start.dynamic))
        is_new = len(self._parts) > count
        if streaming.part is not part:
            streaming.move(part)
        # What was handed out is given back, so that the text can grow in place.
        part.raw_input, part.input = None, UNSET
        streaming.feed(chunk.input_text_delta)
        _enter(part, "input-streaming", streaming.start)
        part.input = streaming.value
        # A new dynamic part gets it with the next delta only, as in the reference.
        if not (is_new and _is_dynamic(part)):
            part.raw_input = streaming.text
        return part

    def _part(self, chunk: ui.ToolInput, *, dynamic: bool) -> ToolPart:
        """The part in the current step, under the name that the chunk gives it; a new one if there is none."""
        part = self._find(chunk.tool_call_id, dynamic=dynamic)
        kind, name = ("dynamic-tool", chunk.tool_name) if dynamic else (f"tool-{chunk.tool_name}", None)
        if part is None:
            part = ToolPart(type=kind, tool_call_id=chunk.tool_call_id, state="input-streaming", tool_name=name)
            self._parts.append(part)
        part.type, part.tool_name = kind, name
        return part

    def _called(self, tool_call_id: str) -> ToolPart:
        """The part in the current step or, failing that, the last one of the message."""
        if part := self._find(tool_call_id):
            return part
        for other in reversed(self._parts):
            if isinstance(other, ToolPart) and other.tool_call_id == tool_call_id:
                return other
        raise UIMessageStreamError(
            f"A chunk for the tool call {tool_call_id!r}, which the message does not have.",
            chunk_type="tool-invocation",
            chunk_id=tool_call_id,
        )

    def _find(self, tool_call_id: str, *, dynamic: bool | None = None) -> ToolPart | None:
        """The first such part in the current step."""
        found = None
        for part in reversed(self._parts):
            if isinstance(part, ToolPart):
                if part.tool_call_id == tool_call_id and dynamic in (None, _is_dynamic(part)):
                    found = part
            elif isinstance(part, StepStartPart):
                break
        return found


class _Input:
    """An input that is streaming into a part. `value` grows in place."""

    _json: PartialJSON

    def __init__(self, start: ui.ToolInputStart) -> None:
        # What each delta tells the part again.
        self.start = replace(start, provider_executed=None, provider_metadata=None)
        self.text = ""
        self.part: ToolPart | None = None

    @classmethod
    def of(cls, part: ToolPart) -> "_Input":
        """Goes on where a saved part ends."""
        start = ui.ToolInputStart(
            tool_call_id=part.tool_call_id,
            tool_name=part.name,
            title=part.title,
            tool_metadata=part.tool_metadata,
            dynamic=_is_dynamic(part),
            input_encoding=part.input_encoding,
        )
        self = cls(start)
        if isinstance(part.raw_input, str):
            self.text = part.raw_input
        return self

    def move(self, part: ToolPart) -> None:
        """Leaves the value to the part that had it, and goes on with a copy in this one."""
        self.part = part
        self._json = PartialJSON()
        self._json.feed(self.text)

    def feed(self, delta: str) -> None:
        # CPython grows a string in place if nobody else holds it: else every delta would copy all of the text.
        text = self.text
        self.text = ""
        text += delta
        self.text = text
        if self.start.input_encoding != "text":
            self._json.feed(delta)

    @property
    def value(self) -> Any:
        return self.text if self.start.input_encoding == "text" else self._json.value


def not_started(chunk: ui.Chunk, id: str) -> UIMessageStreamError:
    name = str(chunk.__struct_config__.tag)
    return UIMessageStreamError(f"A {name} chunk for {id!r}, which was not started.", chunk_type=name, chunk_id=id)


def step_begin(parts: list[UIPart]) -> int:
    """The index of the first part of the current step."""
    for index in range(len(parts) - 1, -1, -1):
        if isinstance(parts[index], StepStartPart):
            return index + 1
    return 0


def interrupt(part: ToolPart) -> None:
    """Makes of an input that was cut off one that a later turn can use: a call that failed, with what came of it."""
    part.state = "output-error"
    part.error_text = INTERRUPTED
    part.raw_input = part.input_encoding = None
    if part.input is UNSET or not _can_be_stored(part.input):
        part.input = {}


def _can_be_stored(value: Any) -> bool:
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:  # half an emoji
        return False
    return True


def _is_dynamic(part: ToolPart) -> bool:
    return part.type == "dynamic-tool"


def _enter(part: ToolPart, state: ToolState, chunk: ui.ToolUpdate) -> None:
    """Sets the state, forgets what belonged to the one before, and takes over what all updates may bring."""
    part.state = state
    part.raw_input = part.input_encoding = part.preliminary = part.error_text = None
    part.output = UNSET
    if chunk.tool_metadata is not None:
        part.tool_metadata = chunk.tool_metadata
    if chunk.provider_executed is not None:
        part.provider_executed = chunk.provider_executed
    if chunk.provider_metadata is not None:
        if state in ("output-available", "output-error"):
            part.result_provider_metadata = chunk.provider_metadata
        else:
            part.call_provider_metadata = chunk.provider_metadata
    if isinstance(chunk, (ui.ToolInputStart, ui.ToolInputAvailable)):
        if chunk.title is not None:
            part.title = chunk.title
        if isinstance(chunk, ui.ToolInputStart):
            part.input_encoding = chunk.input_encoding
