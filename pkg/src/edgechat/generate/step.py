"""One step: from the parts of one model call to the parts of the stream, and what is left of it."""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import msgspec

from edgechat.errors import APICallError, InvalidToolApprovalError, StreamTruncatedError, ToolChoiceViolationError
from edgechat.generate import stream_parts as stream
from edgechat.generate.result import ContentPart, Reasoning, StepResult, Text
from edgechat.generate.timing import Timing
from edgechat.generate.tools import Tool, parse_tool_call
from edgechat.model import parts as model
from edgechat.model.parts import FinishReason, ModelPart, ProviderMetadata, Usage
from edgechat.model.types import ToolChoice, ToolNamed

TRUNCATED = "stream-truncated"
"""The raw finish reason of a stream that broke off in good order (npm `workers-ai-provider`)."""

_CHARACTERS_PER_TOKEN = 4
"""Of English text, roughly: for estimates, where the provider had no time to count."""


class _Block(msgspec.Struct):
    """A text or a reasoning that has not ended: its id in the stream, and its place in the content."""

    id: str
    content: Text | Reasoning
    pieces: list[str]

    def close(self) -> None:
        self.content.text = "".join(self.pieces)


class IdReserver:
    """Providers count their blocks anew in each step; a stream wants different ids."""

    def __init__(self, generate_id: Callable[[], str]) -> None:
        self._generate_id = generate_id
        self._used: set[str] = set()

    def __call__(self, id: str) -> str:
        free = self._generate_id() if id in self._used else id
        self._used.add(free)
        return free


class Step:
    """Takes the parts of one model call, gives those of the stream, and keeps the content, usage and times.

    A text delta costs about a microsecond: it is handed on as it is.
    """

    def __init__(
        self,
        model_id: str,
        *,
        tools: Mapping[str, Tool],
        provider_tools: Set[str],
        tool_choice: ToolChoice | None,
        timing: Timing,
        text_ids: IdReserver,
        reasoning_ids: IdReserver,
    ) -> None:
        self.content: list[ContentPart] = []
        self.calls: list[stream.ToolCall] = []
        self.invalid: dict[str, model.ToolCall] = {}
        """The calls with an error, as the model made them, by their ids."""
        self.warnings: list[str] = []
        self.finish_reason: FinishReason | None = None
        self.raw_finish_reason: str | None = None
        self.usage = Usage(is_estimated=True)  # until the provider has counted
        self.provider_metadata: ProviderMetadata | None = None
        self.response = model.ResponseMetadata(model_id=model_id)
        self.error: Exception | None = None
        self.has_output = False
        self.timing = timing
        self._tools = tools
        self._provider_tools = provider_tools
        self._tool_choice = tool_choice
        self._reserve_text, self._reserve_reasoning = text_ids, reasoning_ids
        self._text: dict[str, _Block] = {}
        self._reasoning: dict[str, _Block] = {}
        self._inputs: dict[str, Any] = {}
        self._characters = 0

    def feed(self, parts: Sequence[ModelPart]) -> list[stream.StreamPart]:
        out: list[stream.StreamPart] = []
        is_output = False
        for part in parts:
            if type(part) is model.TextDelta:
                if part.delta or part.provider_metadata:
                    is_output = self._delta(self._text, part, out) or is_output
            elif type(part) is model.ReasoningDelta:
                is_output = self._delta(self._reasoning, part, out) or is_output
            else:
                is_output = self._other(part, out) or is_output
        if is_output:
            self.has_output = True
            self.timing.output()
        return out

    def close(self) -> list[stream.StreamPart]:
        """Ends the blocks that an answer without an end left open, and the accounts."""
        out: list[stream.StreamPart] = []
        out += [model.TextEnd(self._end(self._text, key)) for key in list(self._text)]
        out += [model.ReasoningEnd(self._end(self._reasoning, key)) for key in list(self._reasoning)]
        self.timing.finish()
        return out

    def replace(self, call: stream.ToolCall, better: stream.ToolCall) -> None:
        """Puts a repaired call in the place of an invalid one."""
        self.calls[self.calls.index(call)] = better
        self.content[self.content.index(call)] = better
        self._inputs[better.tool_call_id] = better.input
        del self.invalid[call.tool_call_id]

    def result(self, prompt_characters: int) -> StepResult:
        return StepResult(
            content=self.content,
            finish_reason=self.finish_reason or "other",
            raw_finish_reason=self.raw_finish_reason,
            usage=self._estimate(prompt_characters) if self.usage.is_estimated else self.usage,
            timing=self.timing,
            response=self.response,
            provider_metadata=self.provider_metadata,
            warnings=self.warnings,
        )

    def _estimate(self, prompt_characters: int) -> Usage:
        return Usage(
            input_tokens=-(-prompt_characters // _CHARACTERS_PER_TOKEN),
            output_tokens=-(-self._characters // _CHARACTERS_PER_TOKEN),
            is_estimated=True,
        )

    def _delta(
        self, blocks: dict[str, _Block], part: model.TextDelta | model.ReasoningDelta, out: list[stream.StreamPart]
    ) -> bool:
        if block := blocks.get(part.id):
            part.id = block.id
            block.pieces.append(part.delta)
            block.content.provider_metadata = part.provider_metadata or block.content.provider_metadata
        self._characters += len(part.delta)
        out.append(part)
        return bool(part.delta)

    def _other(self, part: ModelPart, out: list[stream.StreamPart]) -> bool:
        """All but the deltas of text; true for what counts as output."""
        match part:
            case model.TextStart():
                self._start(self._text, part, self._reserve_text(part.id), Text("", part.provider_metadata))
            case model.ReasoningStart():
                content = Reasoning("", part.provider_metadata)
                self._start(self._reasoning, part, self._reserve_reasoning(part.id), content)
            case model.TextEnd():
                part.id = self._end(self._text, part.id, part.provider_metadata)
            case model.ReasoningEnd():
                part.id = self._end(self._reasoning, part.id, part.provider_metadata)
            case model.ToolInputStart() | model.ToolInputDelta() | model.ToolInputEnd() if self._tool_choice == "none":
                return False  # it will be rejected
            case model.ToolInputStart():
                tool = self._tools.get(part.tool_name)
                part.dynamic = part.dynamic if part.dynamic is not None else bool(tool and tool.dynamic)
                part.title = tool.title if tool else None
            case model.ToolInputDelta():
                self._characters += len(part.delta)
                out.append(part)
                return bool(part.delta)
            case model.ToolCall():
                call = self._call(part)
                if self._tool_choice != "none":
                    out.append(call)
                return True
            case model.ToolResult():
                result = self._result(part)
                self.content.append(result)
                out.append(result)
                return False
            case model.ToolApprovalRequest():
                out.append(self._approval(part))
                return False
            case model.Source() | model.Custom():
                self.content.append(part)
            case model.File() | model.ReasoningFile():
                self.content.append(part)
                out.append(part)
                return True
            case model.Error():
                self.error, self.finish_reason = part.error, "error"
            case model.Finish():
                out += self._finish(part)
                return False
            case model.StreamStart():
                self.warnings = part.warnings
                return False
            case model.ResponseMetadata():
                self._metadata(part)
                return False
        out.append(part)
        return False

    def _start(
        self,
        blocks: dict[str, _Block],
        part: model.TextStart | model.ReasoningStart,
        id: str,
        content: Text | Reasoning,
    ) -> None:
        blocks[part.id] = _Block(id, content, [])
        self.content.append(content)
        part.id = id

    @staticmethod
    def _end(blocks: dict[str, _Block], id: str, metadata: ProviderMetadata | None = None) -> str:
        block = blocks.pop(id, None)
        if block is None:
            return id
        block.close()
        block.content.provider_metadata = metadata or block.content.provider_metadata
        return block.id

    def _call(self, part: model.ToolCall) -> stream.ToolCall:
        call = parse_tool_call(part, self._tools, self._provider_tools)
        self._inputs[call.tool_call_id] = call.input
        self.calls.append(call)
        if call.error:
            self.invalid[call.tool_call_id] = part
        self.content.append(call)
        return call

    def _result(self, part: model.ToolResult) -> stream.ToolResult | stream.ToolError:
        """Of a tool that the provider ran."""
        common: dict[str, Any] = {
            "tool_call_id": part.tool_call_id,
            "tool_name": part.tool_name,
            "input": self._inputs.get(part.tool_call_id),
            "provider_executed": True,
            "dynamic": part.dynamic,
            "provider_metadata": part.provider_metadata,
        }
        if part.is_error:
            return stream.ToolError(error=part.result, **common)
        return stream.ToolResult(output=part.result, preliminary=part.preliminary, **common)

    def _approval(self, part: model.ToolApprovalRequest) -> stream.StreamPart:
        call = next((call for call in self.calls if call.tool_call_id == part.tool_call_id), None)
        if call is None:
            return model.Error(InvalidToolApprovalError(f"The provider asks for approval of an unknown call: {part}"))
        return stream.ToolApprovalRequest(approval_id=part.approval_id, tool_call=call)

    def _finish(self, part: model.Finish) -> list[stream.StreamPart]:
        self.usage = part.usage
        self.raw_finish_reason = part.raw_finish_reason
        self.provider_metadata = part.provider_metadata
        self.finish_reason = part.finish_reason
        if part.finish_reason == "error" and self.error is None:
            # The stream itself tells of it by its finish reason only.
            is_cut = part.raw_finish_reason == TRUNCATED
            self.error = (
                StreamTruncatedError("The answer was cut off.") if is_cut else APICallError("The model failed.")
            )
        if violation := self._violation():
            self.error, self.finish_reason = violation, "error"
            return [model.Error(violation)]
        return []

    def _violation(self) -> ToolChoiceViolationError | None:
        names = {call.tool_name for call in self.calls}
        match self._tool_choice:
            case "none" if names:
                return ToolChoiceViolationError("The model called a tool although none was allowed.")
            case "required" if not names:
                return ToolChoiceViolationError("The model called no tool although one was required.")
            case ToolNamed(name) if name not in names:
                return ToolChoiceViolationError(f"The model did not call the tool {name}, which was required.")
        return None

    def _metadata(self, part: model.ResponseMetadata) -> None:
        response = self.response
        self.response = model.ResponseMetadata(
            part.id or response.id, part.model_id or response.model_id, part.timestamp or response.timestamp
        )
