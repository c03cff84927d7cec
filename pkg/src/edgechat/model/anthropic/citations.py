"""What an answer cites (npm `@ai-sdk/anthropic` 4.0.105, `map-anthropic-citation.ts` and `createCitationSource`)."""

from collections.abc import Callable
from typing import Any

import msgspec

from edgechat.model.anthropic import blocks, events
from edgechat.model.anthropic.names import options_of
from edgechat.model.parts import Source, TextEnd
from edgechat.model.prompt import FilePart, ModelMessage, UserMessage


class CitedDocument(msgspec.Struct):
    title: str
    media_type: str
    filename: str | None = None


def cited_documents(messages: list[ModelMessage]) -> list[CitedDocument]:
    """The documents that may be cited. A citation names one by its place in this list."""
    return [
        CitedDocument(part.filename or "Untitled Document", part.media_type, part.filename)
        for message in messages
        if isinstance(message, UserMessage) and not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, FilePart) and part.media_type in ("application/pdf", "text/plain") and wants_citations(part)
    ]


def wants_citations(part: FilePart) -> bool:
    match options_of(part.provider_options):
        case {"citations": {"enabled": True}}:
            return True
    return False


class Citations:
    """Of one answer."""

    def __init__(self, documents: list[CitedDocument], generate_id: Callable[[], str]) -> None:
        self._documents = documents  # and what is fetched from the web
        self._has_web_results = False
        self._generate_id = generate_id
        self._web: list[events.WebSearchCitation] = []

    def cite(self, citation: events.Citation) -> Source | None:
        """The source of a citation, unless it has to wait for `web_sources`."""
        if isinstance(citation, events.WebSearchCitation):
            self._web.append(citation)
            return None
        if not isinstance(citation, events.PageCitation | events.CharCitation):
            return None
        document = self._document(citation.document_index)
        if document is None:
            return None
        details = {"citedText": citation.cited_text}
        if isinstance(citation, events.PageCitation):
            place = {"startPageNumber": citation.start_page_number, "endPageNumber": citation.end_page_number}
        else:
            place = {"startCharIndex": citation.start_char_index, "endCharIndex": citation.end_char_index}
        return Source(
            "document",
            self._generate_id(),
            title=document.title if citation.document_title is None else citation.document_title,
            media_type=document.media_type,
            filename=document.filename,
            provider_metadata={"anthropic": details | place},
        )

    def fetched(self, result: blocks.WebFetchResult | blocks.WebFetchError) -> None:
        if isinstance(result, blocks.WebFetchResult):
            document = result.content
            title = result.url if document.title is None else document.title
            self._documents.append(CitedDocument(title, document.source.media_type))

    def found(self, results: list[blocks.WebSearchResult] | blocks.WebSearchError) -> list[Source]:
        if isinstance(results, blocks.WebSearchError):
            return []
        self._has_web_results = self._has_web_results or bool(results)
        return [
            Source(
                "url",
                self._generate_id(),
                url=result.url,
                title=result.title,
                provider_metadata={"anthropic": {"pageAge": result.page_age}},
            )
            for result in results
        ]

    def web_sources(self) -> list[Source]:
        """What was cited from the web, where no results of a search have named it already."""
        citations, self._web = self._web, []
        if self._has_web_results:
            return []
        return [
            Source(
                "url",
                self._generate_id(),
                url=citation.url,
                title=citation.title,
                provider_metadata={
                    "anthropic": {"citedText": citation.cited_text, "encryptedIndex": citation.encrypted_index}
                },
            )
            for citation in citations
        ]

    def text_end(self, id: str, citations: list[events.Citation]) -> TextEnd:
        if not citations:
            return TextEnd(id)
        raw = [msgspec.to_builtins(citation) for citation in citations]
        cited = [
            {"source": self._source(citation, given), "citedText": citation.cited_text}
            for citation, given in zip(citations, raw, strict=True)
        ]
        return TextEnd(id, cited, {"anthropic": {"citations": raw}})

    def _source(self, citation: events.Citation, raw: dict[str, Any]) -> dict[str, Any]:
        if isinstance(citation, events.WebSearchCitation | events.SearchResultCitation):
            url = citation.url if isinstance(citation, events.WebSearchCitation) else citation.source
            source = Source("url", url, url=url, title=citation.title)
        else:
            index = citation.document_index
            document = self._document(index) or CitedDocument(f"Document {index}", "text/plain")
            source = Source(
                "document",
                citation.file_id or str(index),
                title=document.title if citation.document_title is None else citation.document_title,
                media_type=document.media_type,
                filename=document.filename,
            )
        source.provider_metadata = {"anthropic": raw}
        result: dict[str, Any] = msgspec.to_builtins(source)
        return result

    def _document(self, index: int) -> CitedDocument | None:
        return self._documents[index] if 0 <= index < len(self._documents) else None
