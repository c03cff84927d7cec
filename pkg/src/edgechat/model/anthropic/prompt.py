"""Messages as Anthropic takes them (npm `@ai-sdk/anthropic` 4.0.105, `convert-to-anthropic-prompt.ts`).

User and assistant take turns: messages in a row become one, and results of tools are what a user says.
"""

from typing import Any

import msgspec

from edgechat.model.anthropic.assistant import AssistantBlocks
from edgechat.model.anthropic.cache import CacheBreakpoints
from edgechat.model.anthropic.files import tool_file, user_file
from edgechat.model.anthropic.names import options_of
from edgechat.model.anthropic.tools import ToolNames
from edgechat.model.prompt import (
    AssistantMessage,
    ContentOutput,
    CustomPart,
    ErrorJSONOutput,
    ErrorTextOutput,
    ExecutionDenied,
    FilePart,
    ModelMessage,
    ProviderOptions,
    SystemMessage,
    TextOutput,
    TextPart,
    ToolMessage,
    ToolResultPart,
    UserMessage,
)

type Block = dict[str, Any]

_FIXED = ("thinking", "redacted_thinking", "fallback")
"""Blocks that keep their place among others. They are no cache breakpoints either."""


class Prompt(msgspec.Struct):
    system: list[Block] | None = None
    messages: list[dict[str, Any]] = []
    betas: set[str] = set()


def prepare_prompt(
    messages: list[ModelMessage],
    names: ToolNames,
    cache: CacheBreakpoints,
    warnings: list[str],
    *,
    send_reasoning: bool,
) -> Prompt:
    """Raises `UnsupportedFunctionalityError` for files that Anthropic does not take."""
    builder = _Builder(names, cache, warnings, send_reasoning=send_reasoning)
    for message in messages:
        match message:
            case SystemMessage():
                builder.system(message)
            case UserMessage():
                builder.user(message)
            case ToolMessage():
                builder.tool(message)
            case AssistantMessage():
                builder.assistant(message, is_last=message is messages[-1])
    return builder.close()


class _Builder:
    def __init__(self, names: ToolNames, cache: CacheBreakpoints, warnings: list[str], *, send_reasoning: bool) -> None:
        self._prompt = Prompt()
        self._betas = self._prompt.betas
        self._cache = cache
        self._warnings = warnings
        self._blocks = AssistantBlocks(names, warnings, self._betas, send_reasoning=send_reasoning)
        self._turn = ""
        self._content: list[Block] = []
        self._last_user_message = 0

    def _take_turn(self, role: str) -> bool:
        """Whether it was another's before."""
        if role == self._turn:
            return False
        self._turn = role
        self._content = []
        return True

    def system(self, message: SystemMessage) -> None:
        if self._take_turn("system") and self._prompt.system is None:
            self._prompt.system = self._content
        elif self._content is not self._prompt.system:
            self._betas.add("mid-conversation-system-2026-04-07")
            self._content = []
            self._prompt.messages.append({"role": "system", "content": self._content})
        self._add(_text(message.content), message.provider_options)

    def _take_user_turn(self) -> None:
        if self._take_turn("user"):
            self._prompt.messages.append({"role": "user", "content": self._content})

    def user(self, message: UserMessage) -> None:
        self._take_user_turn()
        parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
        if parts:
            self._last_user_message = len(self._prompt.messages) - 1
        for part in parts:
            block = _text(part.text) if isinstance(part, TextPart) else user_file(part, self._betas)
            self._add(block, part.provider_options, *_of_last(part, parts, message))

    def tool(self, message: ToolMessage) -> None:
        self._take_user_turn()
        for part in message.content:
            if isinstance(part, ToolResultPart):
                options = (part.provider_options, _output_options(part), *_of_last(part, message.content, message))
                self._add(self._tool_result(part), *options)

    def _tool_result(self, part: ToolResultPart) -> Block:
        output = part.output
        match output:
            case ContentOutput():
                content: Any = [block for item in output.value if (block := self._tool_content(item))]
            case TextOutput() | ErrorTextOutput():
                content = output.value
            case ExecutionDenied():
                content = output.reason or "Tool call execution denied."
            case _:
                content = msgspec.json.encode(output.value).decode()
        block = {"type": "tool_result", "tool_use_id": part.tool_call_id, "content": content}
        return block | {"is_error": True} if isinstance(output, ErrorTextOutput | ErrorJSONOutput) else block

    def _tool_content(self, part: TextPart | FilePart | CustomPart) -> Block | None:
        match part:
            case TextPart():
                return _text(part.text)
            case FilePart():
                if block := tool_file(part, self._betas):
                    return block
            case CustomPart():
                options = options_of(part.provider_options)
                if options.get("type") == "tool-reference":
                    return {"type": "tool_reference", "tool_name": options.get("tool_name")}
        what = part.media_type if isinstance(part, FilePart) else part.kind
        self._warnings.append(f"Anthropic takes no {what} as the result of a tool.")
        return None

    def assistant(self, message: AssistantMessage, *, is_last: bool) -> None:
        self._take_turn("assistant")
        said = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
        parts = [part for part in said if not isinstance(part, TextPart) or part.text]
        for part in parts:
            block = self._blocks.of(part)
            if block is None:
                continue
            if is_last and part is parts[-1] and block["type"] == "text":
                # Anthropic refuses an answer to be continued that ends in white space.
                block["text"] = block["text"].strip()
            if not self._content:
                self._prompt.messages.append({"role": "assistant", "content": self._content})
            self._add(block, part.provider_options, *_of_last(part, parts, message))

    def _add(self, block: Block, *options: ProviderOptions | None) -> None:
        if block["type"] not in (*_FIXED, "container_upload") and (control := self._cache.at(*options)):
            block["cache_control"] = control
        self._content.append(block)

    def close(self) -> Prompt:
        messages = self._prompt.messages
        for message in messages:
            if message["role"] == "assistant":
                message["content"] = _with_calls_last(message["content"])
        self._drop_lost_callers()
        return self._prompt

    def _drop_lost_callers(self) -> None:
        """Code may have been cut out of the history while calls that it made are still there. After the last message of
        the user it may still be running."""
        assistant = [
            (index, block)
            for index, message in enumerate(self._prompt.messages)
            if message["role"] == "assistant"
            for block in message["content"]
        ]
        running = {block["id"] for _, block in assistant if block.get("name") == "code_execution" and "id" in block}
        for index, block in assistant:
            tool_id = block.get("caller", {}).get("tool_id")
            if index < self._last_user_message and tool_id and tool_id not in running:
                del block["caller"]
                self._warnings.append(f"The code {tool_id} that called a tool is no longer in the messages.")


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _of_last(part: object, parts: list[Any], message: Any) -> tuple[ProviderOptions | None, ...]:
    """What is said of a message holds for its last part."""
    return (message.provider_options,) if part is parts[-1] else ()


def _output_options(part: ToolResultPart) -> ProviderOptions | None:
    output = part.output
    if isinstance(output, ContentOutput) and output.provider_options is None:
        return next((item.provider_options for item in output.value if item.provider_options), None)
    return output.provider_options


def _with_calls_last(content: list[Block]) -> list[Block]:
    """Tool calls come after all that was said, but stay behind the thinking that led to them."""
    result: list[Block] = []
    calls: list[Block] = []
    for block in content:
        if block["type"] in _FIXED:
            result += calls
            calls = []
        (calls if block["type"] == "tool_use" else result).append(block)
    return result + calls
