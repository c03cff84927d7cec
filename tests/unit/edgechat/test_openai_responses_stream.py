import json
from typing import Any

import pytest

from edgechat.errors import APICallError, StreamFormatError
from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.parts import (
    Error,
    Finish,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    ResponseMetadata,
    Source,
    TextDelta,
    TextEnd,
    TextStart,
    Usage,
)
from edgechat.model.types import ModelCall

CREATED = {
    "type": "response.created",
    "response": {"id": "resp_1", "created_at": 1700000000, "model": "gpt-5-2025-08-07"},
}
IN_PROGRESS = CREATED | {"type": "response.in_progress"}
METADATA = ResponseMetadata("resp_1", "gpt-5-2025-08-07", "2023-11-14T22:13:20.000Z")
OF_MESSAGE = {"openai": {"itemId": "msg_1"}}
QUOTA = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "You exceeded your quota."}


def added(index: int = 0, **item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index: int = 0, **item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def text(delta: str, item_id: str = "msg_1", index: int | None = 0, **more: Any) -> dict[str, Any]:
    event = {"type": "response.output_text.delta", "item_id": item_id, "output_index": index, "delta": delta}
    return event | more


def summary(kind: str, index: int, **more: Any) -> dict[str, Any]:
    event = {"type": f"response.reasoning_summary_{kind}", "item_id": "rs_1", "output_index": 0}
    return event | {"summary_index": index, **more}


def completed(**response: Any) -> dict[str, Any]:
    return {"type": "response.completed", "response": response}


def failed(**response: Any) -> dict[str, Any]:
    return {"type": "response.failed", "sequence_number": 9, "response": response}


def failure(**details: Any) -> dict[str, Any]:
    return {"type": "error", "sequence_number": 9, **details}


MESSAGE = added(type="message", id="msg_1")
END_OF_MESSAGE = done(type="message", id="msg_1")


def decode(*events: Any, size: int = 1 << 20, provider: str = "openai", **options: Any) -> list[ModelPart]:
    """The parts; an event may be JSON already, whether it is well formed or not."""
    data = "".join(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in events)
    stream = (data + "data: [DONE]\n\n").encode()
    call = ModelCall(messages=[], provider_options={provider: options})
    decoder = OpenAIResponses("gpt-5", provider=provider, generate_id=lambda: "gen").decoder(call, {})
    parts = [part for at in range(0, len(stream), size) for part in decoder.feed(stream[at : at + size])]
    return parts + decoder.close()


def finish(*events: Any, **options: Any) -> Finish:
    last = decode(*events, **options)[-1]
    assert isinstance(last, Finish)
    return last


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_text_is_a_block_with_the_id_of_its_item(size: int) -> None:
    assert decode(CREATED, MESSAGE, text("Hé"), text("y"), END_OF_MESSAGE, completed(), size=size) == [
        METADATA,
        TextStart("msg_1", OF_MESSAGE),
        TextDelta("msg_1", "Hé"),
        TextDelta("msg_1", "y"),
        TextEnd("msg_1", provider_metadata=OF_MESSAGE),
        Finish("stop", Usage(), None, {"openai": {"responseId": "resp_1"}}),
    ]


def test_metadata_bears_the_name_of_the_provider() -> None:
    assert decode(MESSAGE, provider="azure")[0] == TextStart("msg_1", {"azure": {"itemId": "msg_1"}})


def test_ids_that_change_on_the_way_are_kept_together_by_their_place() -> None:
    parts = decode(MESSAGE, text("a", "zzz"), text("b", "yyy", None), done(type="message", id="xxx"))
    assert parts[1:4] == [
        TextDelta("msg_1", "a"),
        TextDelta("yyy", "b"),
        TextEnd("msg_1", provider_metadata=OF_MESSAGE),
    ]


def test_the_phase_of_a_message_is_told() -> None:
    start, end, _ = decode(added(type="message", id="msg_1", phase="commentary"), END_OF_MESSAGE)
    metadata = {"openai": {"itemId": "msg_1", "phase": "commentary"}}
    assert (start, end) == (TextStart("msg_1", metadata), TextEnd("msg_1", provider_metadata=metadata))


def test_a_refusal_is_text_and_ends_as_filtered() -> None:
    parts = decode(MESSAGE, text("No.") | {"type": "response.refusal.delta"}, completed())
    assert parts[1] == TextDelta("msg_1", "No.")
    assert isinstance(parts[-1], Finish)
    assert parts[-1].finish_reason == "content-filter"


def test_reasoning_without_a_summary_is_an_empty_block() -> None:
    parts = decode(added(type="reasoning", id="rs_1"), done(type="reasoning", id="rs_1", encrypted_content="xyz"))
    assert parts[:2] == [
        ReasoningStart("rs_1:0", {"openai": {"itemId": "rs_1", "reasoningEncryptedContent": None}}),
        ReasoningEnd("rs_1:0", {"openai": {"itemId": "rs_1", "reasoningEncryptedContent": "xyz"}}),
    ]


SUMMARIES = [
    added(type="reasoning", id="rs_1", encrypted_content="abc"),
    summary("part.added", 0),
    summary("text.delta", 0, delta="First"),
    summary("part.done", 0),
    summary("part.added", 1),
    summary("text.delta", 1, delta="Second"),
    summary("part.done", 1),
    done(type="reasoning", id="rs_1", encrypted_content="xyz"),
]
OF_REASONING = {"openai": {"itemId": "rs_1"}}
OLD, NEW = ({"openai": {"itemId": "rs_1", "reasoningEncryptedContent": content}} for content in ("abc", "xyz"))


def test_summaries_are_blocks_of_which_the_last_ends_with_the_encrypted_content() -> None:
    assert decode(*SUMMARIES)[:-1] == [
        ReasoningStart("rs_1:0", OLD),
        ReasoningDelta("rs_1:0", "First", OF_REASONING),
        ReasoningEnd("rs_1:0", OF_REASONING),
        ReasoningStart("rs_1:1", OLD),
        ReasoningDelta("rs_1:1", "Second", OF_REASONING),
        ReasoningEnd("rs_1:1", NEW),
    ]


def test_summaries_of_stored_responses_end_at_once() -> None:
    assert decode(*SUMMARIES, store=True)[:-1] == [
        ReasoningStart("rs_1:0", OLD),
        ReasoningDelta("rs_1:0", "First", OF_REASONING),
        ReasoningEnd("rs_1:0", OF_REASONING),
        ReasoningStart("rs_1:1", OLD),
        ReasoningDelta("rs_1:1", "Second", OF_REASONING),
        ReasoningEnd("rs_1:1", OF_REASONING),
    ]


def annotation(**fields: Any) -> dict[str, Any]:
    return {"type": "response.output_text.annotation.added", "annotation": fields}


URL = {"type": "url_citation", "start_index": 1, "end_index": 5, "url": "https://e.com/", "title": "E"}
FILE = {"type": "file_citation", "file_id": "file_1", "filename": "a.pdf", "index": 3}
URL_SOURCE = Source("url", "gen", url="https://e.com/", title="E")


def document(name: str, **metadata: Any) -> Source:
    return Source("document", "gen", None, name, "text/plain", name, {"openai": metadata})


def test_a_text_ends_with_its_citations() -> None:
    parts = decode(MESSAGE, annotation(**URL, unknown=1), annotation(**FILE), END_OF_MESSAGE)
    end = parts[1]
    assert isinstance(end, TextEnd)
    assert end.provider_metadata == {"openai": {"itemId": "msg_1", "annotations": [URL, FILE]}}
    url, file = end.citations or []
    source = {"type": "source", "sourceType": "url", "id": "https://e.com/", "url": "https://e.com/", "title": "E"}
    assert url == {"source": source, "startIndex": 1, "endIndex": 5}
    assert file["source"]["id"] == "file_1"


def test_cited_sources_come_at_the_end() -> None:
    parts = decode(MESSAGE, annotation(**URL), annotation(**FILE), END_OF_MESSAGE, completed())
    assert parts[2:4] == [URL_SOURCE, document("a.pdf", type="file_citation", fileId="file_1", index=3)]


def test_but_not_where_the_search_itself_has_told_its_sources() -> None:
    action = {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://e.com/"}]}
    search = done(1, type="web_search_call", id="ws_1", status="completed", action=action)
    sources = [part for part in decode(MESSAGE, annotation(**URL), END_OF_MESSAGE, search) if isinstance(part, Source)]
    assert sources == [Source("url", "gen", url="https://e.com/")]


def test_files_that_a_container_made_are_sources_at_once() -> None:
    made = annotation(
        type="container_file_citation", container_id="c", file_id="f", filename="plot.png", start_index=0, end_index=1
    )
    path = annotation(type="file_path", file_id="file_2", index=7)
    parts = decode(MESSAGE, made, path, END_OF_MESSAGE)
    expected = Source("document", "gen", None, "file_2", "application/octet-stream", "file_2")
    expected.provider_metadata = {"openai": {"type": "file_path", "fileId": "file_2", "index": 7}}
    assert parts[1] == document("plot.png", type="container_file_citation", fileId="f", containerId="c")
    assert parts[2] == expected


def test_tokens_are_counted_by_their_kind() -> None:
    raw = {
        "input_tokens": 50,
        "input_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 5},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 8},
        "total_tokens": 70,
    }
    assert finish(completed(usage=raw)).usage == Usage(
        input_tokens=50,
        no_cache_tokens=35,
        cache_read_tokens=10,
        cache_write_tokens=5,
        output_tokens=20,
        text_tokens=12,
        reasoning_tokens=8,
        raw=raw,
    )


@pytest.mark.parametrize(
    ("details", "reason"),
    [(None, "stop"), ("max_output_tokens", "length"), ("content_filter", "content-filter"), ("new_reason", "other")],
)
def test_why_an_answer_ends(details: str | None, reason: str) -> None:
    end = finish(completed(incomplete_details=details and {"reason": details}) | {"type": "response.incomplete"})
    assert (end.finish_reason, end.raw_finish_reason) == (reason, details)


def test_the_end_tells_what_is_known_of_the_response() -> None:
    end = finish(
        CREATED,
        completed(
            service_tier="default",
            reasoning={"context": "all_turns", "effort": "low"},
            prompt_cache_diagnostics={"type": "miss", "reason": None},
        ),
    )
    assert end.provider_metadata == {
        "openai": {
            "responseId": "resp_1",
            "serviceTier": "default",
            "reasoningContext": "all_turns",
            "promptCacheDiagnostics": {"type": "miss", "reason": None},
        }
    }


def test_logprobs_are_told_where_they_were_asked_for() -> None:
    logprobs = [{"token": "a", "logprob": -0.5, "top_logprobs": [{"token": "b", "logprob": -1, "bytes": [98]}]}]
    kept = [{"token": "a", "logprob": -0.5, "top_logprobs": [{"token": "b", "logprob": -1}]}]
    events = MESSAGE, text("a", logprobs=logprobs)
    assert finish(*events, logprobs=True).provider_metadata == {"openai": {"responseId": None, "logprobs": [kept]}}
    assert finish(*events).provider_metadata == {"openai": {"responseId": None}}


def test_an_answer_without_an_end_was_interrupted() -> None:
    end = finish(MESSAGE, text("Hel"))
    assert (end.finish_reason, end.raw_finish_reason, end.usage) == ("interrupted", None, Usage())


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_an_error_before_any_output_is_raised(size: int) -> None:
    with pytest.raises(APICallError, match="exceeded your quota") as caught:
        decode(CREATED, IN_PROGRESS, {"type": "response.queued"}, failure(error=QUOTA), size=size)
    assert (caught.value.status, caught.value.code) == (429, "insufficient_quota")
    assert not caught.value.is_retryable


def test_so_is_a_failure() -> None:
    with pytest.raises(APICallError, match="Oh") as caught:
        decode(CREATED, failed(error={"code": "server_error", "message": "Oh"}))
    assert caught.value.is_retryable


def test_a_later_error_is_a_part() -> None:
    *_, error, end = decode(MESSAGE, failure(message="Busy", code="rate_limit_exceeded", param=None), completed())
    assert isinstance(error, Error)
    assert isinstance(error.error, APICallError)
    assert (str(error.error), error.error.status, error.error.is_retryable) == ("Busy", 429, True)
    assert isinstance(end, Finish)
    assert (end.finish_reason, end.raw_finish_reason) == ("error", "error")


def test_a_failure_of_the_response_is_told_once() -> None:
    error = {"code": "server_error", "message": "Oh"}
    _, told, end = decode(MESSAGE, failure(message="Oh"), failed(error=error, incomplete_details=None))
    assert isinstance(told, Error)
    assert isinstance(end, Finish)
    assert end.finish_reason == "error"


def test_a_failure_may_have_a_reason() -> None:
    end = finish(MESSAGE, failed(incomplete_details={"reason": "max_output_tokens"}))
    assert (end.finish_reason, end.raw_finish_reason) == ("length", "max_output_tokens")


@pytest.mark.parametrize(
    "event",
    ["{bad", "[1]", "{}", '{"type": 5}', '{"type": "response.completed"}', '{"type":"error","message":"no number"}'],
)
def test_an_event_that_cannot_be_read_is_an_error_and_the_rest_comes_through(event: str) -> None:
    error, *rest = decode(event, MESSAGE, text("a"), END_OF_MESSAGE, completed())
    assert isinstance(error, Error)
    assert isinstance(error.error, StreamFormatError)
    assert rest[1] == TextDelta("msg_1", "a")
    assert isinstance(rest[-1], Finish)
    assert rest[-1].finish_reason == "error"


def test_a_known_item_with_a_wrong_field_is_an_error() -> None:
    parts = decode(done(type="mcp_call", id="a", status="x", arguments="", name="n", server_label="s", error=7))
    assert isinstance(parts[0], Error)


@pytest.mark.parametrize("event", [{"type": "response.new"}, added(type="new_item", id="x"), done(type="new_item")])
def test_events_and_items_of_unknown_kinds_are_skipped(event: Any) -> None:
    assert len(decode(event)) == 1


def test_a_server_that_has_only_chat_completions_is_named_as_such() -> None:
    error = decode({"choices": [{"delta": {"content": "Hi"}}]})[0]
    assert isinstance(error, Error)
    assert isinstance(error.error, APICallError)
    assert "openai.chat" in str(error.error)
    assert not error.error.is_retryable


def test_an_endless_event_is_an_error_and_what_follows_is_read() -> None:
    decoder = OpenAIResponses("gpt-5").decoder(ModelCall(messages=[]), {})
    error = decoder.feed(b"data: " + b"a" * (17 << 20))[0]
    assert isinstance(error, Error)
    assert decoder.feed(b"\n\ndata: " + json.dumps(CREATED).encode() + b"\n\n") == [METADATA]


def test_a_time_that_does_not_exist_is_left_out() -> None:
    created = CREATED | {"response": {"id": "r", "created_at": 1e300, "model": "m"}}
    assert decode(created)[0] == ResponseMetadata("r", "m", None)
