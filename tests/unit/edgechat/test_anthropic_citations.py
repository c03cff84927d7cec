from typing import Any

import msgspec

from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.parts import Source, TextEnd
from edgechat.model.prompt import FileData, FilePart, UserMessage
from edgechat.model.types import ModelCall

type JSON = dict[str, Any]

CITED = {"anthropic": {"citations": {"enabled": True}}}
REPORT = FilePart(media_type="application/pdf", filename="report.pdf", data=FileData(b"%PDF"), provider_options=CITED)
NOTES = FilePart(media_type="text/plain", data=FileData(b"x"), provider_options=CITED)
UNCITED = FilePart(media_type="text/plain", data=FileData(b"x"))
WEB = {
    "type": "web_search_result_location",
    "cited_text": "Sunny",
    "url": "https://x",
    "title": "X",
    "encrypted_index": "E",
}
PAGE = {
    "type": "page_location",
    "cited_text": "Sunny",
    "document_index": 0,
    "document_title": None,
    "start_page_number": 1,
    "end_page_number": 2,
}
CHARS = {
    "type": "char_location",
    "cited_text": "Sunny",
    "document_index": 1,
    "document_title": "Notes",
    "start_char_index": 3,
    "end_char_index": 8,
    "file_id": None,
}


def decode(*citations: JSON, before: tuple[JSON, ...] = ()) -> list[Source | TextEnd]:
    """What follows from text that cites."""
    ids = iter(f"id-{number}" for number in range(9))
    call = ModelCall(messages=[UserMessage([UNCITED, REPORT, NOTES])])
    decoder = AnthropicMessages("claude-sonnet-4-5", api_key="k", generate_id=lambda: next(ids)).decoder(call, {})
    deltas = [{"type": "citations_delta", "citation": {**citation, "extra": 1}} for citation in citations]
    events = [
        *({"type": "content_block_start", "index": 9, "content_block": block} for block in before),
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_stop"},
    ]
    parts = [part for event in events for part in decoder.feed(b"data: %b\n\n" % msgspec.json.encode(event))]
    return [part for part in parts if isinstance(part, Source | TextEnd)]


def test_a_document_that_is_cited_is_a_source() -> None:
    assert decode(PAGE, CHARS)[:2] == [
        Source(
            "document",
            "id-0",
            title="report.pdf",
            media_type="application/pdf",
            filename="report.pdf",
            provider_metadata={"anthropic": {"citedText": "Sunny", "startPageNumber": 1, "endPageNumber": 2}},
        ),
        Source(
            "document",
            "id-1",
            title="Notes",
            media_type="text/plain",
            provider_metadata={"anthropic": {"citedText": "Sunny", "startCharIndex": 3, "endCharIndex": 8}},
        ),
    ]


def test_the_text_says_what_it_cites_and_keeps_it_as_it_came() -> None:
    assert decode(PAGE)[-1] == TextEnd(
        "0",
        [
            {
                "source": {
                    "type": "source",
                    "sourceType": "document",
                    "id": "0",
                    "title": "report.pdf",
                    "mediaType": "application/pdf",
                    "filename": "report.pdf",
                    "providerMetadata": {"anthropic": PAGE},
                },
                "citedText": "Sunny",
            }
        ],
        {"anthropic": {"citations": [PAGE]}},
    )


def test_a_document_that_is_not_there_is_no_source() -> None:
    for index in (2, 99, -1):
        [end] = decode({**PAGE, "document_index": index})
        assert isinstance(end, TextEnd)
        assert end.citations is not None
        assert end.citations[0]["source"]["title"] == f"Document {index}"


def test_a_page_that_was_fetched_can_be_cited() -> None:
    document = {
        "type": "document",
        "title": None,
        "source": {"type": "text", "media_type": "text/plain", "data": "D"},
    }
    page = {"type": "web_fetch_result", "url": "https://y", "retrieved_at": None, "content": document}
    fetched = {"type": "web_fetch_tool_result", "tool_use_id": "s1", "content": page}
    source = decode({**CHARS, "document_index": 2, "document_title": None}, before=(fetched,))[0]
    assert isinstance(source, Source)
    assert (source.title, source.media_type) == ("https://y", "text/plain")


def test_the_web_is_a_source_at_the_end_of_the_message() -> None:
    end, source = decode(WEB)
    assert isinstance(end, TextEnd)
    assert end.citations is not None
    assert end.citations[0]["source"]["url"] == "https://x"
    metadata = {"anthropic": {"citedText": "Sunny", "encryptedIndex": "E"}}
    assert source == Source("url", "id-0", url="https://x", title="X", provider_metadata=metadata)


def test_unless_results_of_a_search_named_it_before() -> None:
    page = {"type": "web_search_result", "url": "https://x", "title": "X", "encrypted_content": "E"}
    found = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [page]}
    source, end = decode(WEB, before=(found,))
    assert isinstance(source, Source)
    assert isinstance(end, TextEnd)


def test_results_of_the_callers_own_search_and_parts_of_its_texts_can_be_cited() -> None:
    place = {"start_block_index": 0, "end_block_index": 1}
    found = {"cited_text": "Sunny", "search_result_index": 0, "source": "kb://1", "title": None}
    [end] = decode(
        {"type": "search_result_location", **found, **place},
        {
            "type": "content_block_location",
            "cited_text": "Sunny",
            "document_index": 5,
            "document_title": "Handbook",
            "file_id": "file_1",
            **place,
        },
    )
    assert isinstance(end, TextEnd)
    assert end.citations is not None
    first, second = (citation["source"] for citation in end.citations)
    assert (first["sourceType"], first["url"], "title" in first) == ("url", "kb://1", False)
    assert (second["sourceType"], second["id"], second["title"]) == ("document", "file_1", "Handbook")
