"""A conversation in OpenAI's words (npm `@ai-sdk/openai` 4.0.118, `convert-to-openai-responses-input.ts`).

What OpenAI has stored is told by its id alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import msgspec

from edgechat.errors import InvalidArgumentError, UnsupportedFunctionalityError
from edgechat.json import JSONDecoder
from edgechat.model.call_ids import portable_call_id
from edgechat.model.files import data_url, full_media_type, inline, kind_of, reference_for
from edgechat.model.openai_responses.items import APISource, FindInPage, OpenPage, Search, URLSource
from edgechat.model.openai_responses.shapes import WEB_SEARCHES, ToolNames, to_json
from edgechat.model.openai_wire import snake_keys
from edgechat.model.prompt import (
    AssistantContent,
    AssistantMessage,
    ContentOutput,
    CustomPart,
    ErrorJSONOutput,
    ErrorTextOutput,
    ExecutionDenied,
    FileData,
    FilePart,
    FileReference,
    FileText,
    FileURL,
    JSONOutput,
    ModelMessage,
    ProviderOptions,
    ReasoningPart,
    SystemMessage,
    TextOutput,
    TextPart,
    ToolApprovalRequest,
    ToolApprovalResponse,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import without_none

type InputItem = dict[str, Any]

_any = JSONDecoder[Any](Any)


class PartOptions(msgspec.Struct):
    """Of a part of a message: what its metadata said when it came from OpenAI, and what the caller adds."""

    item_id: str | None = None
    phase: str | None = None
    reasoning_encrypted_content: str | None = None
    encrypted_content: str | None = None
    approval_request_id: str | None = None
    approval_id: str | None = None
    image_detail: str | None = None


class _WebSearch(msgspec.Struct):
    """The result of a search, as the decoder tells it."""

    action: Search | OpenPage | FindInPage
    sources: list[URLSource | APISource] | None = None


def part_options(options: ProviderOptions | None, provider: str) -> PartOptions:
    try:
        return msgspec.convert(snake_keys((options or {}).get(provider, {})), PartOptions)
    except msgspec.ValidationError as error:
        raise InvalidArgumentError(f"Invalid provider options for {provider}: {error}") from None


def requested_approvals(messages: Sequence[ModelMessage], provider: str) -> dict[str, str]:
    """By the requests for approval that OpenAI made, which calls they are about."""
    hosted: set[str] = set()
    approvals: dict[str, str] = {}
    for message in messages:
        for part in message.content if isinstance(message, AssistantMessage) else ():
            if isinstance(part, ToolApprovalRequest) and part.tool_call_id in hosted:
                approvals[part.approval_id] = part.tool_call_id
            elif isinstance(part, ToolCallPart):
                if part.provider_executed:
                    hosted.add(part.tool_call_id)
                request = part_options(part.provider_options, provider).approval_request_id
                if request is not None:
                    approvals[request] = part.tool_call_id
    return approvals


class Prompt:
    """Makes the input of a request from messages. What cannot be told goes into `warnings`."""

    def __init__(
        self, provider: str, names: ToolNames, options: Mapping[str, Any], warnings: list[str], *, is_reasoning: bool
    ) -> None:
        """`is_reasoning`: stored messages are tied to the reasoning before them."""
        self._provider = provider
        self._names = names
        self._warnings = warnings
        self._is_reasoning = is_reasoning
        self._is_stored = options.get("store") is not False
        self._in_conversation = options.get("conversation") is not None
        self._continues_response = options.get("previous_response_id") is not None
        self._items: list[InputItem] = []
        self._approvals_told: set[str] = set()

    def items(self, messages: Sequence[ModelMessage], system_role: str) -> list[InputItem]:
        """`system_role`: "system" or "developer", or "remove" for models that have neither."""
        approvals = set(requested_approvals(messages, self._provider))
        for message in messages:
            match message:
                case SystemMessage() if system_role == "remove":
                    self._warnings.append("This model takes no system messages: they are left out.")
                case SystemMessage():
                    self._items.append({"role": system_role, "content": message.content})
                case UserMessage():
                    self._items.append({"role": "user", "content": self._user_content(message)})
                case AssistantMessage():
                    self._assistant(message)
                case ToolMessage():
                    self._tool(message, approvals)
        if self._is_stored:
            return self._items
        kept = [item for item in self._items if item.get("type") != "reasoning" or item["encrypted_content"]]
        if len(kept) < len(self._items):
            self._warnings.append("Reasoning without encrypted content is left out, for want of `store`.")
        return kept

    def _user_content(self, message: UserMessage) -> list[InputItem]:
        parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
        return [
            _text(part.text) if isinstance(part, TextPart) else self._file(part, f"part-{index}")
            for index, part in enumerate(parts)
        ]

    def _file(self, part: FilePart, default_name: str) -> InputItem:
        is_image = kind_of(part.media_type) == "image"
        match inline(part.data):
            case FileReference() as reference:
                source = {"file_id": reference_for(self._provider, reference)}
            case FileURL(url=url):
                source = {"image_url" if is_image else "file_url": url}
            case FileData(data=data) as file:
                media_type = full_media_type(part.media_type, file)
                url = data_url(media_type, data)
                suffix = ".pdf" if media_type == "application/pdf" else ""
                name = part.filename or default_name + suffix
                source = {"image_url": url} if is_image else {"filename": name, "file_data": url}
            case FileText():
                raise UnsupportedFunctionalityError("Files of text are not supported.")
        if not is_image:
            return {"type": "input_file", **source}
        detail = part_options(part.provider_options, self._provider).image_detail
        return without_none({"type": "input_image", **source, "detail": detail})

    def _assistant(self, message: AssistantMessage) -> None:
        parts: Sequence[AssistantContent]
        parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
        told: dict[str, InputItem] = {}
        has_reasoning = False
        for part in parts:
            options = part_options(part.provider_options, self._provider)
            if self._in_conversation and (options.item_id is not None or isinstance(part, ToolResultPart)):
                continue  # OpenAI has it.
            match part:
                case TextPart():
                    self._answer(part, options, told, has_reasoning=has_reasoning)
                case ReasoningPart():
                    has_reasoning = True
                    self._reasoning(part, options, told)
                case ToolCallPart(provider_executed=True):
                    if self._is_known(options.item_id):
                        self._refer(options.item_id)
                case ToolCallPart():
                    call_id = portable_call_id(part.tool_call_id)
                    call = {"type": "function_call", "call_id": call_id, "name": part.tool_name}
                    self._items.append(call | {"arguments": _arguments(part.input)})
                case ToolResultPart():
                    self._hosted_result(part, options.item_id or part.tool_call_id)
                case CustomPart(kind="openai.compaction"):
                    self._compaction(options)
                case _:
                    pass

    def _answer(self, part: TextPart, options: PartOptions, told: dict[str, InputItem], *, has_reasoning: bool) -> None:
        item_id = options.item_id
        if self._is_known(item_id) and (has_reasoning or not self._is_reasoning):
            if item_id not in told:
                told[item_id] = self._refer(item_id)
        else:
            self._items.append(without_none({"role": "assistant", "content": part.text, "phase": options.phase}))

    def _reasoning(self, part: ReasoningPart, options: PartOptions, told: dict[str, InputItem]) -> None:
        item_id, encrypted = options.item_id, options.reasoning_encrypted_content
        summary = [{"type": "summary_text", "text": part.text}] if part.text else []
        if item_id is None and encrypted is None:
            self._warnings.append("Reasoning that is not OpenAI's is left out.")
        elif item_id is None:
            self._items.append({"type": "reasoning", "encrypted_content": encrypted, "summary": summary})
        elif self._continues_response:
            pass
        elif item_id not in told:
            item = {"type": "reasoning", "id": item_id, "encrypted_content": encrypted, "summary": summary}
            told[item_id] = self._refer(item_id) if self._is_stored else item
            if not self._is_stored:
                self._items.append(item)
        elif not self._is_stored:
            told[item_id]["summary"] += summary
            # Only the last of several parts has it.
            told[item_id]["encrypted_content"] = encrypted or told[item_id]["encrypted_content"]

    def _hosted_result(self, part: ToolResultPart, item_id: str) -> None:
        """Of a tool that OpenAI ran. It knows nothing of a denial: that is ours."""
        match part.output:
            case ExecutionDenied() | JSONOutput(value={"type": "execution-denied"}):
                return
            case JSONOutput(value=value) if self._names.api_names.get(part.tool_name, part.tool_name) in WEB_SEARCHES:
                search = _web_search(item_id, value)
            case _:
                search = None
        if self._is_stored:
            self._refer(item_id)
        elif search:
            self._items.append(search)
        else:
            self._warnings.append(f"Results of OpenAI's tool {part.tool_name} are not told again, for want of `store`.")

    def _compaction(self, options: PartOptions) -> None:
        if self._is_known(options.item_id):
            self._refer(options.item_id)
        elif options.item_id is not None:
            item = {"type": "compaction", "id": options.item_id, "encrypted_content": options.encrypted_content}
            self._items.append(without_none(item))

    def _tool(self, message: ToolMessage, approvals: set[str]) -> None:
        """`approvals`: what OpenAI has asked for. Other requests are the caller's own matter."""
        for part in message.content:
            match part:
                case ToolApprovalResponse():
                    if part.provider_executed or part.approval_id in approvals:
                        self._approval(part)
                case ToolResultPart(output=ExecutionDenied(provider_options=options)) if _is_told(options):
                    pass
                case ToolResultPart():
                    item = {"type": "function_call_output", "call_id": portable_call_id(part.tool_call_id)}
                    self._items.append(item | {"output": self._output(part.output)})

    def _approval(self, part: ToolApprovalResponse) -> None:
        if part.approval_id in self._approvals_told:
            return
        self._approvals_told.add(part.approval_id)
        if self._is_stored and not self._in_conversation and not self._continues_response:
            self._refer(part.approval_id)
        item = {"type": "mcp_approval_response", "approval_request_id": part.approval_id}
        self._items.append(item | {"approve": part.approved})

    def _output(self, output: ToolOutput) -> str | list[InputItem]:
        match output:
            case TextOutput(value=text):
                return text
            case JSONOutput(value=value):
                return to_json(value)
            case ErrorTextOutput(value=value) | ErrorJSONOutput(value=value):
                return to_json({"error": value})
            case ExecutionDenied(reason=reason):
                return "Tool call execution denied." if reason is None else reason
            case ContentOutput(value=parts):
                return [item for part in parts for item in self._content(part)]

    def _content(self, part: TextPart | FilePart | CustomPart) -> list[InputItem]:
        match part:
            case TextPart():
                return [_text(part.text)]
            case FilePart() if not isinstance(part.data, FileText):
                return [self._file(part, "data")]
        self._warnings.append("Results of tools can be of text, images and files only; the rest is left out.")
        return []

    def _is_known(self, item_id: str | None) -> TypeGuard[str]:
        return item_id is not None and self._is_stored

    def _refer(self, item_id: str) -> InputItem:
        item = {"type": "item_reference", "id": item_id}
        self._items.append(item)
        return item


def _is_told(denial: ProviderOptions | None) -> bool:
    """By the response to OpenAI's request for approval."""
    return bool(part_options(denial, "openai").approval_id)


def _text(text: str) -> InputItem:
    return {"type": "input_text", "text": text}


def _arguments(input: Any) -> str:
    if isinstance(input, str):
        try:
            _any.decode(input)
        except msgspec.DecodeError:
            return to_json(input)
        return input
    return "{}" if input is msgspec.UNSET else to_json(input)


def _web_search(item_id: str, result: Any) -> InputItem | None:
    """None where nothing was searched for."""
    try:
        search = msgspec.convert(snake_keys(result), _WebSearch)
    except msgspec.ValidationError:
        return None
    if isinstance(search.action, Search):
        search.action.sources = search.sources
    action = msgspec.to_builtins(search.action)
    return {"type": "web_search_call", "id": item_id, "status": "completed", "action": action}
