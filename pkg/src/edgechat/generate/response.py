"""From the content of a step to the messages that tell the next call of it (npm `ai` 7.0.173, `toResponseMessages`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from edgechat.generate import stream_parts as stream
from edgechat.generate.result import ContentPart, Reasoning, Text, plain
from edgechat.generate.tools import Tool
from edgechat.model import parts as model
from edgechat.model import prompt


def to_response_messages(content: Sequence[ContentPart], tools: Mapping[str, Tool]) -> list[prompt.ModelMessage]:
    messages: list[prompt.ModelMessage] = []
    if said := [spoken for part in content if (spoken := _assistant(part, tools))]:
        messages.append(prompt.AssistantMessage(said))
    order = {part.tool_call_id: index for index, part in enumerate(content) if isinstance(part, stream.ToolCall)}
    results = [result for part in content for result in _tool(part, tools)]
    # Providers want the results in the order of the calls; tools end as they can.
    results.sort(
        key=lambda part: order.get(part.tool_call_id, len(order)) if isinstance(part, prompt.ToolResultPart) else -1
    )
    if results:
        messages.append(prompt.ToolMessage(results))
    return messages


def tool_output(tool: Tool | None, output: Any) -> prompt.ToolOutput:
    """A result, as the model is told of it."""
    if tool and tool.to_model_output:
        return tool.to_model_output(output)
    return prompt.TextOutput(value=output) if isinstance(output, str) else prompt.JSONOutput(value=plain(output))


def error_text(error: Any) -> str:
    """An error, as the model is told of it: it may do better the next time."""
    return error if isinstance(error, str) else str(error) or type(error).__name__


def _assistant(part: ContentPart, tools: Mapping[str, Tool]) -> prompt.AssistantContent | None:
    match part:
        case Text():
            if part.text or part.provider_metadata:
                return prompt.TextPart(text=part.text, provider_options=part.provider_metadata)
        case Reasoning():
            return prompt.ReasoningPart(text=part.text, provider_options=part.provider_metadata)
        case model.Custom():
            return prompt.CustomPart(kind=part.kind, provider_options=part.provider_metadata)
        case model.File():
            data = prompt.FileURL(part.url)
            return prompt.FilePart(data=data, media_type=part.media_type, provider_options=part.provider_metadata)
        case model.ReasoningFile():
            data = prompt.FileURL(part.url)
            return prompt.ReasoningFilePart(
                data=data, media_type=part.media_type, provider_options=part.provider_metadata
            )
        case stream.ToolCall():
            is_unusable = part.error is not None and not isinstance(part.input, dict | list)
            return prompt.ToolCallPart(
                tool_call_id=part.tool_call_id,
                tool_name=part.tool_name,
                input={} if is_unusable else part.input,
                provider_executed=part.provider_executed,
                provider_options=part.provider_metadata,
            )
        case stream.ToolResult() if part.provider_executed:
            output = tool_output(tools.get(part.tool_name), part.output)
            return _result(part, output)
        case stream.ToolError() if part.provider_executed:
            return _result(part, prompt.ErrorJSONOutput(value=plain(part.error)))
        case stream.ToolApprovalRequest():
            return prompt.ToolApprovalRequest(
                approval_id=part.approval_id,
                tool_call_id=part.tool_call.tool_call_id,
                is_automatic=part.is_automatic,
                signature=part.signature,
            )
    return None


def _tool(part: ContentPart, tools: Mapping[str, Tool]) -> list[prompt.ToolContent]:
    match part:
        case stream.ToolApprovalResponse():
            response = prompt.ToolApprovalResponse(
                approval_id=part.approval_id,
                approved=part.approved,
                reason=part.reason,
                provider_executed=part.provider_executed,
            )
            if part.approved:
                return [response]
            return [response, _result(part.tool_call, prompt.ExecutionDenied(reason=part.reason))]
        case stream.ToolResult() if not part.provider_executed:
            return [_result(part, tool_output(tools.get(part.tool_name), part.output))]
        case stream.ToolError() if not part.provider_executed:
            return [_result(part, prompt.ErrorTextOutput(value=error_text(part.error)))]
    return []


def _result(
    part: stream.ToolResult | stream.ToolError | stream.ToolCall, output: prompt.ToolOutput
) -> prompt.ToolResultPart:
    metadata = None if isinstance(part, stream.ToolCall) else part.provider_metadata
    return prompt.ToolResultPart(
        tool_call_id=part.tool_call_id, tool_name=part.tool_name, output=output, provider_options=metadata
    )
