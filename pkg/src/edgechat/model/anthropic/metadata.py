"""What an answer says beside its content: counts, reasons and citations."""

from collections.abc import Callable
from typing import Any

import msgspec

from edgechat.model.anthropic import blocks, events
from edgechat.model.anthropic.settings import camel, options_of
from edgechat.model.parts import Finish, FinishReason, Source, TextEnd, Usage
from edgechat.model.prompt import FilePart, ModelMessage, UserMessage
from edgechat.model.types import without_none

_FINISH_REASONS: dict[str | None, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "refusal": "content-filter",
    "tool_use": "tool-calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}

_COUNTS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")

_ALWAYS = ("stopSequence", "iterations", "container", "contextManagement")
"""What the metadata has even where it is null."""


class MessageMetadata:
    """Collects from `message_start` and `message_delta` what `Finish` reports."""

    def __init__(self) -> None:
        self.stop_reason: str | None = None
        self._raw_usage: dict[str, Any] = {}
        self._counts = dict.fromkeys(_COUNTS, 0)
        self._reasoning: int | None = None
        self._iterations: list[events.Iteration] = []
        self._details: dict[str, Any] = {}
        """In the end without what is null, but for `_ALWAYS`."""

    def start(self, message: events.Message) -> None:
        """Raises `msgspec.ValidationError`."""
        usage = msgspec.convert(message.usage, events.StartUsage)
        self._raw_usage = message.usage
        self._counts |= {
            "input_tokens": usage.input_tokens,
            "cache_creation_input_tokens": usage.cache_creation_input_tokens or 0,
            "cache_read_input_tokens": usage.cache_read_input_tokens or 0,
        }
        self._details["serviceTier"] = message.service_tier if usage.service_tier is None else usage.service_tier
        if message.stop_reason is not None:
            self.stop_reason = message.stop_reason
        self._details |= without_none(
            {"container": camel(message.container), "inputTransformations": camel(message.input_transformations)}
        )

    def change(self, event: events.MessageDelta) -> None:
        """Raises `msgspec.ValidationError`."""
        usage = msgspec.convert(event.usage, events.DeltaUsage)
        told = msgspec.to_builtins(usage)
        self._counts |= {name: told[name] for name in _COUNTS if told[name] is not None}
        self._raw_usage = {**self._raw_usage, **event.usage}
        self._raw_usage |= {key: told[key] for key in ("output_tokens_details", "iterations") if told[key] is not None}
        if usage.output_tokens_details is not None:
            thinking = usage.output_tokens_details.thinking_tokens
            self._reasoning = None if thinking is msgspec.UNSET else thinking
        if usage.iterations is not None:
            self._iterations = usage.iterations
            self._details["iterations"] = [_iteration(each) for each in usage.iterations]
        delta = event.delta
        self.stop_reason = delta.stop_reason
        self._details |= {
            "stopSequence": delta.stop_sequence,
            "container": camel(delta.container),
            "stopDetails": camel(delta.stop_details),
            **without_none(
                {
                    "serviceTier": usage.service_tier,
                    "contextManagement": camel(event.context_management),
                    "inputTransformations": camel(event.input_transformations),
                    # None while the check is running.
                    "safeguardResults": msgspec.to_builtins(delta.safeguard_results),
                }
            ),
        }

    def finish(self, *, is_json_answer: bool) -> Finish:
        """`is_json_answer`: the only tool that was used is the one that stands for the answer."""
        reason = _FINISH_REASONS.get(self.stop_reason, "other")
        return Finish(
            "stop" if is_json_answer and reason == "tool-calls" else reason,
            self._usage(),
            self.stop_reason,
            {"anthropic": {"usage": self._raw_usage or None, **dict.fromkeys(_ALWAYS), **without_none(self._details)}},
        )

    def _usage(self) -> Usage:
        fresh, output = self._totals()
        written, read = self._counts["cache_creation_input_tokens"], self._counts["cache_read_input_tokens"]
        return Usage(
            input_tokens=fresh + written + read,
            no_cache_tokens=fresh,
            cache_read_tokens=read,
            cache_write_tokens=written,
            output_tokens=output,
            text_tokens=None if self._reasoning is None else output - self._reasoning,
            reasoning_tokens=self._reasoning,
            raw=self._raw_usage or {**self._counts, "iterations": None},
        )

    def _totals(self) -> tuple[int, int]:
        """Input that was read anew, and output. The message's own counts leave out compactions. Those of an advisor are
        billed at another price; where another model had to step in, the message's counts are those of that model."""
        counted = [each for each in self._iterations if each.type in ("compaction", "message")]
        if not counted or any(each.type == "fallback_message" for each in self._iterations):
            return self._counts["input_tokens"], self._counts["output_tokens"]
        return sum(each.input_tokens for each in counted), sum(each.output_tokens for each in counted)


def _iteration(iteration: events.Iteration) -> dict[str, Any]:
    always = ("inputTokens", "outputTokens")
    return {key: value for key, value in camel(iteration).items() if value or key in always}


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
        if isinstance(part, FilePart) and part.media_type in ("application/pdf", "text/plain") and _is_cited(part)
    ]


def _is_cited(part: FilePart) -> bool:
    match options_of(part.provider_options):
        case {"citations": {"enabled": True}}:
            return True
    return False


class Citations:
    """Of one answer."""

    def __init__(self, documents: list[CitedDocument], generate_id: Callable[[], str]) -> None:
        self._documents = dict(enumerate(documents))  # and what is fetched from the web
        self._has_web_results = False
        self._generate_id = generate_id
        self._web: list[events.WebSearchCitation] = []

    def cite(self, citation: events.Citation) -> Source | None:
        """The source of a citation, unless it has to wait for `web_sources`."""
        match citation:
            case events.WebSearchCitation():
                self._web.append(citation)
                return None
            case events.PageCitation():
                place = {"startPageNumber": citation.start_page_number, "endPageNumber": citation.end_page_number}
            case events.CharCitation():
                place = {"startCharIndex": citation.start_char_index, "endCharIndex": citation.end_char_index}
            case _:
                return None
        if document := self._documents.get(citation.document_index):
            return _document(self._generate_id(), document, citation, {"citedText": citation.cited_text, **place})
        return None

    def fetched(self, result: blocks.WebFetchResult | blocks.WebFetchError) -> None:
        if isinstance(result, blocks.WebFetchResult):
            title = result.url if result.content.title is None else result.content.title
            self._documents[len(self._documents)] = CitedDocument(title, result.content.source.media_type)

    def found(self, results: list[blocks.WebSearchResult] | blocks.WebSearchError) -> list[Source]:
        if isinstance(results, blocks.WebSearchError):
            return []
        self._has_web_results = self._has_web_results or bool(results)
        return [_page(self._generate_id(), result, {"pageAge": result.page_age}) for result in results]

    def web_sources(self) -> list[Source]:
        """What was cited from the web, where no results of a search have named it already."""
        citations, self._web = self._web, []
        if self._has_web_results:
            return []
        return [
            _page(
                self._generate_id(),
                citation,
                {"citedText": citation.cited_text, "encryptedIndex": citation.encrypted_index},
            )
            for citation in citations
        ]

    def text_end(self, id: str, citations: list[events.Citation]) -> TextEnd:
        if not citations:
            return TextEnd(id)
        raw = [msgspec.to_builtins(citation) for citation in citations]
        cited = [
            {"source": msgspec.to_builtins(self._source(citation, given)), "citedText": citation.cited_text}
            for citation, given in zip(citations, raw, strict=True)
        ]
        return TextEnd(id, cited, {"anthropic": {"citations": raw}})

    def _source(self, citation: events.Citation, raw: dict[str, Any]) -> Source:
        if isinstance(citation, events.WebSearchCitation):
            return _page(citation.url, citation, raw)
        if isinstance(citation, events.SearchResultCitation):
            return Source("url", citation.source, citation.source, citation.title, provider_metadata={"anthropic": raw})
        index = citation.document_index
        document = self._documents.get(index) or CitedDocument(f"Document {index}", "text/plain")
        return _document(citation.file_id or str(index), document, citation, raw)


def _page(id: str, page: events.WebSearchCitation | blocks.WebSearchResult, metadata: dict[str, Any]) -> Source:
    return Source("url", id, page.url, page.title, provider_metadata={"anthropic": metadata})


def _document(id: str, document: CitedDocument, citation: events.DocumentCitation, metadata: dict[str, Any]) -> Source:
    return Source(
        "document",
        id,
        title=document.title if citation.document_title is None else citation.document_title,
        media_type=document.media_type,
        filename=document.filename,
        provider_metadata={"anthropic": metadata},
    )
