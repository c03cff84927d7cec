"""Tools that OpenAI runs itself: their calls and results, in one answer, and the sources that they found (npm
`@ai-sdk/openai` 4.0.118, `openai-responses-language-model.ts` and `map-openai-responses-annotation.ts`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from edgechat.model.openai_responses import client_tools, events, items
from edgechat.model.openai_responses.shapes import Item, ToolNames, camel, camel_keys, to_json
from edgechat.model.parts import (
    Custom,
    ModelPart,
    ProviderMetadata,
    Source,
    ToolApprovalRequest,
    ToolCall,
    ToolInputEnd,
    ToolInputStart,
    ToolResult,
)
from edgechat.model.types import without_none


class Sources:
    """Of an answer: from annotations of its text, from searches in the web and in files."""

    def __init__(self, provider: str, generate_id: Callable[[], str]) -> None:
        self._provider = provider
        self._generate_id = generate_id
        self._annotations: list[events.Annotation] = []
        self._undecided: list[events.URLCitation | events.FileCitation] = []
        self._has_web = False
        self._files: set[str] = set()

    def start_text(self) -> None:
        self._annotations = []

    def citations(self) -> list[dict[str, Any]] | None:
        """Of the text so far."""
        return [self._citation(note) for note in self._annotations if not isinstance(note, events.FilePath)] or None

    def annotations(self) -> list[dict[str, Any]]:
        """Of the text so far, in OpenAI's own words."""
        return [msgspec.to_builtins(note) for note in self._annotations]

    def annotate(self, note: events.Annotation, parts: list[ModelPart]) -> None:
        self._annotations.append(note)
        if isinstance(note, events.URLCitation | events.FileCitation):
            # What was searched may come later, and counts more.
            self._undecided.append(note)
        else:
            parts.append(self._source(note, self._generate_id()))

    def add_web(self, call: items.WebSearchCallDone, parts: list[ModelPart]) -> None:
        if isinstance(call.action, items.Search):
            for source in call.action.sources or ():
                if isinstance(source, items.URLSource):
                    self._has_web = True
                    parts.append(Source("url", self._generate_id(), url=source.url))

    def add_files(self, call: items.FileSearchCallDone, parts: list[ModelPart]) -> None:
        for result in call.results or ():
            if result.file_id not in self._files:
                self._files.add(result.file_id)
                metadata = {"type": "file_search", "fileId": result.file_id}
                parts.append(self._document(self._generate_id(), result.filename, "text/plain", metadata))

    def close(self, parts: list[ModelPart]) -> None:
        parts += [
            self._source(note, self._generate_id())
            for note in self._undecided
            if not (self._has_web if isinstance(note, events.URLCitation) else self._files)
        ]

    def _citation(
        self, note: events.URLCitation | events.FileCitation | events.ContainerFileCitation
    ) -> dict[str, Any]:
        source = self._source(note, note.url if isinstance(note, events.URLCitation) else note.file_id)
        citation: dict[str, Any] = {"source": msgspec.to_builtins(source)}
        if not isinstance(note, events.FileCitation):
            citation |= {"startIndex": note.start_index, "endIndex": note.end_index}
        return citation

    def _source(self, note: events.Annotation, id: str) -> Source:
        match note:
            case events.URLCitation():
                return Source("url", id, url=note.url, title=note.title)
            case events.FilePath():
                metadata = {"type": "file_path", "fileId": note.file_id, "index": note.index}
                return self._document(id, note.file_id, "application/octet-stream", metadata)
            case events.FileCitation():
                metadata = {"type": "file_citation", "fileId": note.file_id, "index": note.index}
            case events.ContainerFileCitation():
                metadata = {
                    "type": "container_file_citation",
                    "fileId": note.file_id,
                    "containerId": note.container_id,
                }
        return self._document(id, note.filename, "text/plain", metadata)

    def _document(self, id: str, name: str, media_type: str, metadata: dict[str, Any]) -> Source:
        return Source(
            "document",
            id,
            title=name,
            media_type=media_type,
            filename=name,
            provider_metadata={self._provider: metadata},
        )


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

    def added(self, item: items.ItemAdded, parts: list[ModelPart]) -> None:
        match item:
            case items.WebSearchCall():
                name = self._names.web_search
                parts += [ToolInputStart(item.id, name, provider_executed=True), ToolInputEnd(item.id)]
                parts.append(ToolCall(item.id, name, "{}", provider_executed=True))
            case items.FileSearchCall():
                parts.append(ToolCall(item.id, self._names.name("file_search"), "{}", provider_executed=True))
            case items.ImageGenerationCall():
                parts.append(ToolCall(item.id, self._names.name("image_generation"), "{}", provider_executed=True))
            case _:
                pass

    def partial_image(self, event: events.PartialImage, parts: list[ModelPart]) -> None:
        result = self._result(event.item_id, "image_generation", {"result": event.partial_image_b64})
        result.preliminary = True
        parts.append(result)

    def done(self, item: items.ItemDone, parts: list[ModelPart]) -> None:
        match item:
            case items.WebSearchCallDone(status="completed"):
                parts.append(ToolResult(item.id, self._names.web_search, _found(item.action)))
                self._sources.add_web(item, parts)
            case items.WebSearchCallDone():
                parts.append(ToolResult(item.id, self._names.web_search, {"status": item.status}, is_error=True))
                self._sources.add_web(item, parts)
            case items.FileSearchCallDone():
                results = [camel_keys(result) for result in item.results] if item.results is not None else None
                parts.append(self._result(item.id, "file_search", {"queries": item.queries, "results": results}))
                self._sources.add_files(item, parts)
            case items.CodeInterpreterCallDone():
                outputs = msgspec.to_builtins(item.outputs)
                parts.append(self._result(item.id, "code_interpreter", {"outputs": outputs}))
            case items.ImageGenerationCallDone():
                parts.append(self._result(item.id, "image_generation", {"result": item.result}))
            case client_tools.ShellCallOutput():
                parts.append(self._result(item.call_id, "shell", _shell_result(item)))
            case items.Program():
                program = to_json({"code": item.code, "fingerprint": item.fingerprint})
                call = ToolCall(item.call_id, "programmatic_tool_calling", program, provider_executed=True)
                call.provider_metadata = self._of(item)
                parts.append(call)
            case items.ProgramOutput():
                values = {"result": item.result, "status": item.status}
                parts.append(self._result(item.call_id, "programmatic_tool_calling", values, self._of(item)))
            case items.MCPCallDone():
                self._mcp_call(item, parts)
            case items.MCPApprovalRequestDone():
                call_id = self._generate_id()
                approval_id = item.approval_request_id or item.id
                self._approved[approval_id] = call_id
                parts += [_mcp(call_id, item), ToolApprovalRequest(approval_id, call_id)]
            case items.CompactionDone():
                compaction = {"type": "compaction", "itemId": item.id, "encryptedContent": item.encrypted_content}
                parts.append(Custom("openai.compaction", {self._provider: compaction}))
            case _:
                pass

    def _mcp_call(self, item: items.MCPCallDone, parts: list[ModelPart]) -> None:
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


def _mcp(id: str, item: items.MCPCallDone | items.MCPApprovalRequestDone) -> ToolCall:
    return ToolCall(id, f"mcp.{item.name}", item.arguments, provider_executed=True, dynamic=True)


def _found(action: items.Search | items.OpenPage | items.FindInPage | None) -> dict[str, Any]:
    """What a search in the web did, and where."""
    if action is None:
        return {}
    found = camel_keys(action)
    sources = found.pop("sources", None)
    found["type"] = camel(found["type"])
    return without_none({"action": found, "sources": sources})


def _shell_result(call: client_tools.ShellCallOutput) -> dict[str, Any]:
    output = [msgspec.to_builtins(item) | {"outcome": camel_keys(item.outcome)} for item in call.output]
    return without_none({"maxOutputLength": call.max_output_length, "output": output})
