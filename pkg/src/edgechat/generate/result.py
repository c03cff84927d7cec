"""What is left of an answer: its steps, and all that can be read off them."""

from typing import Any

import msgspec

from edgechat.generate import stream_parts as stream
from edgechat.generate.timing import Timing
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
