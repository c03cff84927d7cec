"""What is left of an answer: its steps, and the messages that tell the next call of them.

(npm `ai` 7.0.173, `StepResult` and `toResponseMessages`.)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from edgechat.generate import stream_parts as stream
from edgechat.generate.timing import Timing
from edgechat.generate.tools import Tool
from edgechat.model import parts as model
from edgechat.model import prompt
from edgechat.model.parts import FinishReason, ProviderMetadata, Usage


class Text(msgspec.Struct):
    text: str
    provider_metadata: ProviderMetadata | None = None


class Reasoning(msgspec.Struct):
    text: str
    provider_metadata: ProviderMetadata | None = None


type ContentPart = (
    Text
    | Reasoning
    | model.Source
    | model.File
    | model.ReasoningFile
    | model.Custom
    | stream.ToolCall
    | stream.ToolResult
    | stream.ToolError
    | stream.ToolApprovalRequest
    | stream.ToolApprovalResponse
)


class StepResult(msgspec.Struct, kw_only=True):
    """One call of a model, and the tools it led to."""

    content: list[ContentPart]
    finish_reason: FinishReason
    raw_finish_reason: str | None = None
    usage: Usage
    timing: Timing
    response: model.ResponseMetadata
    """Its `model_id` is what answered, where the provider says so."""
    provider_metadata: ProviderMetadata | None = None
    warnings: list[str] = []
    response_messages: list[prompt.ModelMessage] = []
    """What to append to the messages before the next call."""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.content if isinstance(part, Text))

    @property
    def reasoning_text(self) -> str:
        return "".join(part.text for part in self.content if isinstance(part, Reasoning))

    @property
    def tool_calls(self) -> list[stream.ToolCall]:
        return [part for part in self.content if isinstance(part, stream.ToolCall)]

    @property
    def tool_results(self) -> list[stream.ToolResult]:
        return [part for part in self.content if isinstance(part, stream.ToolResult)]

    @property
    def tool_errors(self) -> list[stream.ToolError]:
        return [part for part in self.content if isinstance(part, stream.ToolError)]

    @property
    def sources(self) -> list[model.Source]:
        return [part for part in self.content if isinstance(part, model.Source)]

    @property
    def files(self) -> list[model.File]:
        return [part for part in self.content if isinstance(part, model.File)]


_NOTHING = StepResult(
    content=[], finish_reason="other", usage=Usage(), timing=Timing(lambda: 0.0), response=model.ResponseMetadata()
)


class TextResult[Out]:
    """An answer of one or more steps. Text, calls and reasons are those of the last step; usage is the sum."""

    def __init__(self) -> None:
        self.steps: list[StepResult] = []
        self.error: Exception | None = None
        """Why the answer is not whole."""
        self.is_aborted = False
        self._output: Out | None = None

    @property
    def last_step(self) -> StepResult:
        return self.steps[-1] if self.steps else _NOTHING

    @property
    def text(self) -> str:
        return self.last_step.text

    @property
    def reasoning_text(self) -> str:
        return self.last_step.reasoning_text

    @property
    def tool_calls(self) -> list[stream.ToolCall]:
        return self.last_step.tool_calls

    @property
    def tool_results(self) -> list[stream.ToolResult]:
        return self.last_step.tool_results

    @property
    def sources(self) -> list[model.Source]:
        return [source for step in self.steps for source in step.sources]

    @property
    def files(self) -> list[model.File]:
        return [file for step in self.steps for file in step.files]

    @property
    def finish_reason(self) -> FinishReason:
        return self.last_step.finish_reason

    @property
    def usage(self) -> Usage:
        return sum((step.usage for step in self.steps), Usage())

    @property
    def timing(self) -> Timing:
        """Of the last step."""
        return self.last_step.timing

    @property
    def response_messages(self) -> list[prompt.ModelMessage]:
        """What to append to a conversation that goes on."""
        return [message for step in self.steps for message in step.response_messages]

    @property
    def output(self) -> Out:
        """The value that `output=` asked for. Raises `NoObjectGeneratedError`, or what else went wrong."""
        if self.error:
            raise self.error
        if self._output is None:
            raise RuntimeError("The output is there when the answer has ended.")
        return self._output


def plain(value: Any) -> Any:
    """A tool's output as JSON values."""
    return msgspec.to_builtins(value)


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
