"""From the parts of a stream to the chunks of a UI message stream (npm `ai` 7.0.173, `toUIMessageChunk`)."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from edgechat.errors import (
    InvalidToolInputError,
    NoSuchToolError,
    ToolCallRepairError,
    public_text,
)
from edgechat.generate import stream_parts as stream
from edgechat.generate.result import plain
from edgechat.generate.stream_parts import StreamPart
from edgechat.model import parts as model
from edgechat.ui import chunks as ui


class UIOptions(msgspec.Struct, kw_only=True, frozen=True):
    message_id: str | None = None
    send_reasoning: bool = True
    send_sources: bool = False
    send_start: bool = True
    send_finish: bool = True
    message_metadata: Callable[[StreamPart], Any] | None = None
    """Metadata to send with a part, or None."""
    error_text: Callable[[Any], str] = public_text
    """Words an error for the browser: an exception, or what a provider said of its own tool."""


def to_ui_chunks(parts: Sequence[StreamPart], options: UIOptions) -> list[ui.UIChunk]:
    chunks: list[ui.UIChunk] = []
    for part in parts:
        if type(part) is model.TextDelta:
            chunk: ui.UIChunk | None = ui.TextDelta(
                id=part.id, delta=part.delta, provider_metadata=part.provider_metadata
            )
        else:
            chunk = _chunk(part, options)
        if options.message_metadata:
            _add_metadata(chunks, chunk, options.message_metadata(part))
        elif chunk:
            chunks.append(chunk)
    return chunks


def _add_metadata(chunks: list[ui.UIChunk], chunk: ui.UIChunk | None, metadata: Any) -> None:
    if metadata is not None and isinstance(chunk, ui.Start | ui.Finish):
        chunk.message_metadata = metadata
        metadata = None
    if isinstance(chunk, ui.FinishStep) and metadata is not None:
        # The end of a step is when a message is saved: with its metadata.
        chunks.append(ui.MessageMetadata(message_metadata=metadata))
        metadata = None
    if chunk:
        chunks.append(chunk)
    if metadata is not None:
        chunks.append(ui.MessageMetadata(message_metadata=metadata))


def _chunk(part: StreamPart, options: UIOptions) -> ui.UIChunk | None:
    match part:
        case model.TextStart():
            return ui.TextStart(id=part.id, provider_metadata=part.provider_metadata)
        case model.TextEnd():
            return ui.TextEnd(id=part.id, citations=part.citations, provider_metadata=part.provider_metadata)
        case model.ReasoningDelta() if options.send_reasoning:
            return ui.ReasoningDelta(id=part.id, delta=part.delta, provider_metadata=part.provider_metadata)
        case model.ReasoningStart() if options.send_reasoning:
            return ui.ReasoningStart(id=part.id, provider_metadata=part.provider_metadata)
        case model.ReasoningEnd() if options.send_reasoning:
            return ui.ReasoningEnd(id=part.id, provider_metadata=part.provider_metadata)
        case model.Source() if options.send_sources:
            return _source(part)
        case model.File():
            return ui.File(media_type=part.media_type, url=part.url, provider_metadata=part.provider_metadata)
        case model.ReasoningFile() if options.send_reasoning:
            return ui.ReasoningFile(media_type=part.media_type, url=part.url, provider_metadata=part.provider_metadata)
        case model.Custom():
            return ui.Custom(kind=part.kind, provider_metadata=part.provider_metadata)
        case model.Error():
            return ui.Error(error_text=options.error_text(part.error))
        case stream.Start() if options.send_start:
            return ui.Start(message_id=options.message_id)
        case stream.StartStep():
            return ui.StartStep()
        case stream.FinishStep():
            return ui.FinishStep()
        case stream.Finish() if options.send_finish:
            return ui.Finish(finish_reason=part.finish_reason)
        case stream.Abort():
            return ui.Abort(reason=part.reason)
    return _tool_chunk(part, options)


def _source(part: model.Source) -> ui.UIChunk:
    metadata = part.provider_metadata
    if part.source_type == "url":
        return ui.SourceURL(source_id=part.id, url=part.url or "", title=part.title, provider_metadata=metadata)
    return ui.SourceDocument(
        source_id=part.id,
        media_type=part.media_type or "",
        title=part.title or "",
        filename=part.filename,
        provider_metadata=metadata,
    )


def _tool_chunk(part: StreamPart, options: UIOptions) -> ui.UIChunk | None:
    match part:
        case model.ToolInputDelta():
            return ui.ToolInputDelta(tool_call_id=part.id, input_text_delta=part.delta)
        case model.ToolInputStart():
            return ui.ToolInputStart(
                tool_call_id=part.id,
                tool_name=part.tool_name,
                provider_executed=part.provider_executed,
                provider_metadata=part.provider_metadata,
                dynamic=part.dynamic,
                title=part.title,
            )
        case stream.ToolCall():
            return _call(part)
        case stream.ToolResult():
            return ui.ToolOutputAvailable(
                tool_call_id=part.tool_call_id,
                output=plain(part.output),
                preliminary=part.preliminary,
                provider_executed=part.provider_executed,
                provider_metadata=part.provider_metadata,
                tool_metadata=part.metadata,
                dynamic=part.dynamic,
            )
        case stream.ToolError():
            return _error(part, options)
        case stream.ToolApprovalRequest():
            return ui.ToolApprovalRequest(
                approval_id=part.approval_id,
                tool_call_id=part.tool_call.tool_call_id,
                reason=part.reason,
                is_automatic=part.is_automatic,
                signature=part.signature,
            )
        case stream.ToolApprovalResponse():
            return ui.ToolApprovalResponse(
                approval_id=part.approval_id,
                approved=part.approved,
                reason=part.reason,
                provider_executed=part.provider_executed,
            )
        case stream.ToolOutputDenied():
            return ui.ToolOutputDenied(tool_call_id=part.tool_call_id)
    return None


def _call(part: stream.ToolCall) -> ui.UIChunk:
    if part.error:
        return ui.ToolInputError(
            tool_call_id=part.tool_call_id,
            tool_name=part.tool_name,
            input=part.input,
            # What the model got wrong is the model's own text, and no secret.
            error_text=str(part.error),
            provider_executed=part.provider_executed,
            provider_metadata=part.provider_metadata,
            tool_metadata=part.metadata,
            dynamic=part.dynamic,
            title=part.title,
        )
    return ui.ToolInputAvailable(
        tool_call_id=part.tool_call_id,
        tool_name=part.tool_name,
        input=part.input,
        provider_executed=part.provider_executed,
        provider_metadata=part.provider_metadata,
        tool_metadata=part.metadata,
        dynamic=part.dynamic,
        title=part.title,
    )


def _error(part: stream.ToolError, options: UIOptions) -> ui.UIChunk | None:
    if isinstance(part.error, NoSuchToolError | InvalidToolInputError | ToolCallRepairError):
        return None  # its call has told already
    if part.provider_executed:
        # Kept as it is: with the next request it goes back to the provider.
        text = part.error if isinstance(part.error, str) else msgspec.json.encode(part.error).decode()
    else:
        text = options.error_text(part.error)
    return ui.ToolOutputError(
        tool_call_id=part.tool_call_id,
        error_text=text,
        provider_executed=part.provider_executed,
        provider_metadata=part.provider_metadata,
        tool_metadata=part.metadata,
        dynamic=part.dynamic,
    )
