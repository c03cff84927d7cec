"""A message that is stored, as chunks: who folds them has the message."""

from collections.abc import Iterator

import msgspec

from edgechat.ui import chunks as ui
from edgechat.ui.messages import ReasoningPart, StepStartPart, TextPart, ToolPart, UIMessage, UIPart


def to_chunks(message: UIMessage) -> list[ui.UIChunk]:
    """Of an answer that has ended."""
    chunks: list[ui.UIChunk] = [ui.Start(message_id=message.id, message_metadata=message.metadata)]
    for number, part in enumerate(message.parts):
        chunks += _chunks(part, str(number))
    return [*chunks, ui.Finish()]


def _chunks(part: UIPart, id: str) -> Iterator[ui.UIChunk]:
    match part:
        case TextPart():
            yield ui.TextStart(id=id)
            yield ui.TextDelta(id=id, delta=part.text)
            yield ui.TextEnd(id=id, citations=part.citations, provider_metadata=part.provider_metadata)
        case ReasoningPart():
            yield ui.ReasoningStart(id=part.id or id)
            yield ui.ReasoningDelta(id=part.id or id, delta=part.text)
            yield ui.ReasoningEnd(id=part.id or id, provider_metadata=part.provider_metadata)
        case StepStartPart():
            yield ui.StartStep()
        case ToolPart():
            yield from _call(part)
        case _:  # came in one piece, and is a chunk of the same type
            yield ui.decode(msgspec.json.encode(part))


def _call(part: ToolPart) -> Iterator[ui.UIChunk]:
    yield ui.ToolInputAvailable(
        tool_call_id=part.tool_call_id,
        tool_name=part.name,
        input=None if part.input is msgspec.UNSET else part.input,
        title=part.title,
        dynamic=True if part.type == "dynamic-tool" else None,
        provider_executed=part.provider_executed,
        provider_metadata=part.call_provider_metadata,
        tool_metadata=part.tool_metadata,
    )
    metadata = part.result_provider_metadata
    match part.state:
        case "output-available":
            yield ui.ToolOutputAvailable(tool_call_id=part.tool_call_id, output=part.output, provider_metadata=metadata)
        case "output-error":
            yield ui.ToolOutputError(
                tool_call_id=part.tool_call_id, error_text=part.error_text or "", provider_metadata=metadata
            )
        case "output-denied":
            yield ui.ToolOutputDenied(tool_call_id=part.tool_call_id)
