"""Sources of an answer: from annotations of its text, from searches in the web and in files (npm `@ai-sdk/openai`
4.0.118, `map-openai-responses-annotation.ts`).
"""

from collections.abc import Callable
from typing import Any

import msgspec

from edgechat.model.openai_responses.events import (
    Annotation,
    ContainerFileCitation,
    FileCitation,
    FilePath,
    URLCitation,
)
from edgechat.model.openai_responses.items import FileSearchCallDone, Search, URLSource, WebSearchCallDone
from edgechat.model.parts import ModelPart, Source


class Sources:
    def __init__(self, provider: str, generate_id: Callable[[], str]) -> None:
        self._provider = provider
        self._generate_id = generate_id
        self._annotations: list[Annotation] = []
        self._undecided: list[URLCitation | FileCitation] = []
        self._has_web = False
        self._files: set[str] = set()

    def start_text(self) -> None:
        self._annotations = []

    def citations(self) -> list[dict[str, Any]] | None:
        """Of the text so far."""
        return [self._citation(note) for note in self._annotations if not isinstance(note, FilePath)] or None

    def annotations(self) -> list[dict[str, Any]]:
        """Of the text so far, in OpenAI's own words."""
        return [msgspec.to_builtins(note) for note in self._annotations]

    def annotate(self, note: Annotation, parts: list[ModelPart]) -> None:
        self._annotations.append(note)
        if isinstance(note, URLCitation | FileCitation):
            # What was searched may come later, and counts more.
            self._undecided.append(note)
        else:
            parts.append(self._source(note, self._generate_id()))

    def add_web(self, call: WebSearchCallDone, parts: list[ModelPart]) -> None:
        if isinstance(call.action, Search):
            for source in call.action.sources or ():
                if isinstance(source, URLSource):
                    self._has_web = True
                    parts.append(Source("url", self._generate_id(), url=source.url))

    def add_files(self, call: FileSearchCallDone, parts: list[ModelPart]) -> None:
        for result in call.results or ():
            if result.file_id not in self._files:
                self._files.add(result.file_id)
                metadata = {"type": "file_search", "fileId": result.file_id}
                parts.append(self._document(self._generate_id(), result.filename, "text/plain", metadata))

    def close(self, parts: list[ModelPart]) -> None:
        parts += [
            self._source(note, self._generate_id())
            for note in self._undecided
            if not (self._has_web if isinstance(note, URLCitation) else self._files)
        ]

    def _citation(self, note: URLCitation | FileCitation | ContainerFileCitation) -> dict[str, Any]:
        source = self._source(note, note.url if isinstance(note, URLCitation) else note.file_id)
        citation: dict[str, Any] = {"source": msgspec.to_builtins(source)}
        if not isinstance(note, FileCitation):
            citation |= {"startIndex": note.start_index, "endIndex": note.end_index}
        return citation

    def _source(self, note: Annotation, id: str) -> Source:
        match note:
            case URLCitation():
                return Source("url", id, url=note.url, title=note.title)
            case FilePath():
                metadata = {"type": "file_path", "fileId": note.file_id, "index": note.index}
                return self._document(id, note.file_id, "application/octet-stream", metadata)
            case FileCitation():
                metadata = {"type": "file_citation", "fileId": note.file_id, "index": note.index}
            case ContainerFileCitation():
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
