"""Tools that OpenAI runs itself: their calls and results, in one answer (npm `@ai-sdk/openai` 4.0.118,
`openai-responses-language-model.ts`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from edgechat.model.openai_responses.client_tools import ShellCallOutput, shell_result
from edgechat.model.openai_responses.events import PartialImage
from edgechat.model.openai_responses.items import (
    CodeInterpreterCallDone,
    CompactionDone,
    FileSearchCall,
    FileSearchCallDone,
    FindInPage,
    ImageGenerationCall,
    ImageGenerationCallDone,
    ItemAdded,
    ItemDone,
    MCPApprovalRequestDone,
    MCPCallDone,
    OpenPage,
    Program,
    ProgramOutput,
    Search,
    WebSearchCall,
    WebSearchCallDone,
)
from edgechat.model.openai_responses.names import ToolNames
from edgechat.model.openai_responses.shapes import Item, camel, camel_keys, to_json
from edgechat.model.openai_responses.sources import Sources
from edgechat.model.parts import (
    Custom,
    ModelPart,
    ProviderMetadata,
    ToolApprovalRequest,
    ToolCall,
    ToolInputEnd,
    ToolInputStart,
    ToolResult,
)
from edgechat.model.types import without_none


class Hosted:
    def __init__(
        self,
        provider: str,
        names: ToolNames,
        sources: Sources,
        *,
        approved: Mapping[str, str],
        generate_id: Callable[[], str],
    ) -> None:
        """`approved`: by the approval requests of the prompt, which calls they are about."""
        self._provider = provider
        self._names = names
        self._sources = sources
        self._approved = dict(approved)
        self._generate_id = generate_id

    def added(self, item: ItemAdded, parts: list[ModelPart]) -> None:
        match item:
            case WebSearchCall():
                name = self._names.web_search
                parts += [ToolInputStart(item.id, name, provider_executed=True), ToolInputEnd(item.id)]
                parts.append(ToolCall(item.id, name, "{}", provider_executed=True))
            case FileSearchCall():
                parts.append(ToolCall(item.id, self._names.name("file_search"), "{}", provider_executed=True))
            case ImageGenerationCall():
                parts.append(ToolCall(item.id, self._names.name("image_generation"), "{}", provider_executed=True))
            case _:
                pass

    def partial_image(self, event: PartialImage, parts: list[ModelPart]) -> None:
        result = self._result(event.item_id, "image_generation", {"result": event.partial_image_b64})
        result.preliminary = True
        parts.append(result)

    def done(self, item: ItemDone, parts: list[ModelPart]) -> None:
        match item:
            case WebSearchCallDone(status="completed"):
                parts.append(ToolResult(item.id, self._names.web_search, _found(item.action)))
                self._sources.add_web(item, parts)
            case WebSearchCallDone():
                parts.append(ToolResult(item.id, self._names.web_search, {"status": item.status}, is_error=True))
                self._sources.add_web(item, parts)
            case FileSearchCallDone():
                results = [camel_keys(result) for result in item.results] if item.results is not None else None
                parts.append(self._result(item.id, "file_search", {"queries": item.queries, "results": results}))
                self._sources.add_files(item, parts)
            case CodeInterpreterCallDone():
                outputs = msgspec.to_builtins(item.outputs)
                parts.append(self._result(item.id, "code_interpreter", {"outputs": outputs}))
            case ImageGenerationCallDone():
                parts.append(self._result(item.id, "image_generation", {"result": item.result}))
            case ShellCallOutput():
                parts.append(self._result(item.call_id, "shell", shell_result(item)))
            case Program():
                program = to_json({"code": item.code, "fingerprint": item.fingerprint})
                name, metadata = self._names.name("programmatic_tool_calling"), self._of(item)
                call = ToolCall(item.call_id, name, program, provider_executed=True, provider_metadata=metadata)
                parts.append(call)
            case ProgramOutput():
                values = {"result": item.result, "status": item.status}
                parts.append(self._result(item.call_id, "programmatic_tool_calling", values, self._of(item)))
            case MCPCallDone():
                self._mcp_call(item, parts)
            case MCPApprovalRequestDone():
                call_id = self._generate_id()
                approval_id = item.approval_request_id or item.id
                self._approved[approval_id] = call_id
                parts += [_mcp(call_id, item), ToolApprovalRequest(approval_id, call_id)]
            case CompactionDone():
                compaction = {"type": "compaction", "itemId": item.id, "encryptedContent": item.encrypted_content}
                parts.append(Custom("openai.compaction", {self._provider: compaction}))
            case _:
                pass

    def _mcp_call(self, item: MCPCallDone, parts: list[ModelPart]) -> None:
        # Once approved, a call gets a new id from OpenAI. Ours stays.
        call_id = self._approved.get(item.approval_request_id or "", item.id)
        result = {
            "type": "call",
            "serverLabel": item.server_label,
            "name": item.name,
            "arguments": item.arguments,
            "output": item.output,
            "error": item.error,
        }
        call = _mcp(call_id, item)
        parts += [call, ToolResult(call_id, call.tool_name, without_none(result), provider_metadata=self._of(item))]

    def _result(self, id: str, api_name: str, result: Any, metadata: ProviderMetadata | None = None) -> ToolResult:
        return ToolResult(id, self._names.name(api_name), result, provider_metadata=metadata)

    def _of(self, item: Item) -> ProviderMetadata:
        return {self._provider: {"itemId": item.id}}


def _mcp(id: str, item: MCPCallDone | MCPApprovalRequestDone) -> ToolCall:
    return ToolCall(id, f"mcp.{item.name}", item.arguments, provider_executed=True, dynamic=True)


def _found(action: Search | OpenPage | FindInPage | None) -> dict[str, Any]:
    """What a search in the web did, and where."""
    if action is None:
        return {}
    found = camel_keys(action)
    sources = found.pop("sources", None)
    found["type"] = camel(found["type"])
    return without_none({"action": found, "sources": sources})
