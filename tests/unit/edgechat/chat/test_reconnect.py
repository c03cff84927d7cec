import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from unit.edgechat.chat.chatting import DONE, HEL, HELLO, LO, START, Chatting, reads

from edgechat.chat import (
    ChunkStream,
    DefaultChatTransport,
    EdgeChatTransport,
    MessageAdded,
    PartAdded,
    Reconnect,
    ResumeRequest,
    StatusChanged,
    TextAppended,
)
from edgechat.errors import StreamTruncatedError
from edgechat.testing import FakeFetch, HTTPAnswer, drop, hang
from edgechat.ui import chunks as ui
from edgechat.ui.messages import TextPart, ToolPart, UIMessage

AT_ONCE = Reconnect(first_delay=0, tries=3)
BUSY = HTTPAnswer("busy", status=503)
GONE = HTTPAnswer("", status=204)


def urls(chatting: Chatting) -> list[str]:
    return [f"{request.method} {request.url}" for request in chatting.fetch.requests]


async def test_a_lost_answer_goes_on_after_the_last_event() -> None:
    chatting = Chatting(reads(START, HEL, drop(), first_id=0), reads(LO, DONE, first_id=4), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert urls(chatting) == ["POST /api/chat", "GET /api/chat/c/stream"]
    assert chatting.fetch.requests[1].headers == {"last-event-id": "3"}
    assert chatting.texts == ["Hi", "Hello"]
    assert chatting.view.statuses == ["submitted", "streaming", "ready"]
    assert chatting.errors == []
    assert not chatting.finish.is_disconnect


async def test_an_answer_without_ids_is_told_again_and_only_what_is_new_is_shown() -> None:
    chatting = Chatting(reads(START, HEL, drop()), reads(*([chunk] for chunk in HELLO), DONE), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert chatting.fetch.requests[1].headers == {}
    assert chatting.texts == ["Hi", "Hello"]
    assert [part.text for part in chatting.view.shown[1] if isinstance(part, TextPart)] == ["Hello"]
    assert [type(change) for change in chatting.view.changes].count(MessageAdded) == 2
    assert [type(change) for change in chatting.view.changes].count(PartAdded) == 1
    assert "".join(change.text for change in chatting.view.changes if isinstance(change, TextAppended)) == "lo"


async def test_a_server_that_knows_no_ids_may_tell_all_again() -> None:
    chatting = Chatting(reads(START, HEL, drop(), first_id=0), reads(HELLO, DONE), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert chatting.texts == ["Hi", "Hello"]


async def test_a_stream_that_ends_too_early_is_lost_as_well() -> None:
    chatting = Chatting(reads(START, HEL), reads(HELLO, DONE), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert chatting.texts == ["Hi", "Hello"]


async def test_an_answer_that_has_ended_meanwhile_is_asked_for_again() -> None:
    chatting = Chatting(reads(START, HEL, drop(), first_id=0), GONE, reads(HELLO, DONE), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert urls(chatting) == ["POST /api/chat", "GET /api/chat/c/stream", "POST /api/chat"]
    assert chatting.fetch.requests[0].body == chatting.fetch.requests[2].body
    assert chatting.texts == ["Hi", "Hello"]


async def test_one_that_was_asked_for_again_is_not_generated_a_third_time() -> None:
    chatting = Chatting(reads(HELLO, DONE), reads(START, HEL, drop()), GONE, reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    await chatting.chat.regenerate()
    assert urls(chatting) == ["POST /api/chat", "POST /api/chat", "GET /api/chat/c/stream"]
    assert chatting.finish.is_disconnect


@pytest.mark.parametrize("refusal", [HTTPAnswer("no", status=404), GONE])
async def test_a_server_that_cannot_resume_is_not_asked_twice(refusal: HTTPAnswer) -> None:
    fetch = FakeFetch(reads(START, HEL, drop()), refusal)
    chatting = Chatting(transport=DefaultChatTransport(fetch), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert chatting.errors == ["The connection was lost."]
    assert chatting.finish.is_disconnect
    assert chatting.chat.messages[-1].parts[-1] == TextPart(text="Hel", state="done")


async def test_it_is_given_up_after_so_many_tries_in_a_row() -> None:
    chatting = Chatting(reads(START, HEL, drop()), BUSY, drop(), BUSY, reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert len(chatting.fetch.requests) == 4
    assert chatting.chat.status == "error"
    assert chatting.finish.is_disconnect


async def test_each_chunk_that_comes_gives_new_courage() -> None:
    lost = [reads([chunk], drop(), first_id=index) for index, chunk in enumerate(HELLO)]
    chatting = Chatting(*lost, reads(DONE), reconnect=Reconnect(first_delay=0, tries=1))
    await chatting.chat.send_message("Hi")
    assert chatting.texts == ["Hi", "Hello"]


async def test_an_error_of_the_server_is_none_of_the_connection() -> None:
    chatting = Chatting(reads(START, [ui.Error(error_text="No.")]), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert len(chatting.fetch.requests) == 1
    assert not chatting.finish.is_disconnect


async def test_a_question_that_never_arrived_is_not_repeated() -> None:
    chatting = Chatting(drop(), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert len(chatting.fetch.requests) == 1
    assert chatting.finish.is_disconnect


async def test_nothing_is_tried_once_the_answer_was_stopped() -> None:
    chatting = Chatting(reads(START, HEL, drop()), GONE, reconnect=Reconnect(first_delay=100))
    sending = asyncio.create_task(chatting.chat.send_message("Hi"))
    while chatting.texts != ["Hi", "Hel"]:
        await asyncio.sleep(0)
    await chatting.chat.stop()
    await sending
    assert urls(chatting) == ["POST /api/chat", "POST /api/chat/c/stop"]
    assert chatting.finish.is_abort
    assert chatting.chat.status == "ready"


async def test_the_pause_ends_when_the_network_is_back() -> None:
    chatting = Chatting(reads(START, HEL, drop()), reads(HELLO, DONE), reconnect=Reconnect(first_delay=100))
    sending = asyncio.create_task(chatting.chat.send_message("Hi"))
    while chatting.texts != ["Hi", "Hel"]:
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    await chatting.chat.resume_if_disconnected()
    await asyncio.wait_for(sending, 5)
    assert chatting.texts == ["Hi", "Hello"]


def test_pauses_grow_up_to_a_limit_and_are_never_the_same() -> None:
    reconnect = Reconnect(first_delay=1, max_delay=4)
    for tries, longest in enumerate([1, 2, 4, 4]):
        delays = {reconnect.delay(tries) for _ in range(50)}
        assert len(delays) > 1
        assert all(longest / 2 <= delay <= longest for delay in delays)


async def test_a_given_up_answer_is_resumed_when_the_tab_is_back() -> None:
    chatting = Chatting(reads(START, HEL, drop()), reads(START, HEL, LO, DONE), reconnect=None)
    await chatting.chat.send_message("Hi")
    assert chatting.chat.status == "error"
    await chatting.chat.resume_if_disconnected()
    assert chatting.texts == ["Hi", "Hello"]
    await chatting.chat.resume_if_disconnected()
    assert len(chatting.fetch.requests) == 2


async def test_a_page_that_was_opened_anew_follows_the_answer() -> None:
    saved = [UIMessage(id="u", role="user", parts=[TextPart(text="Hi")])]
    chatting = Chatting(reads(START, HEL, LO, DONE), messages=saved)
    await chatting.chat.resume_stream()
    assert chatting.texts == ["Hi", "Hello"]
    assert chatting.view.statuses == ["submitted", "streaming", "ready"]


async def test_nothing_to_follow_changes_nothing() -> None:
    chatting = Chatting(GONE)
    await chatting.chat.resume_stream()
    assert chatting.view.batches == 0
    assert chatting.finishes == []


async def test_a_refused_resume_is_an_error_without_an_answer() -> None:
    chatting = Chatting(HTTPAnswer("no", status=401))
    await chatting.chat.resume_stream()
    assert (chatting.errors, chatting.chat.status, chatting.finishes) == (["no"], "error", [])


async def test_while_an_answer_streams_there_is_nothing_to_resume() -> None:
    chatting = Chatting(reads(START, HEL, hang()), GONE)
    sending = asyncio.create_task(chatting.chat.send_message("Hi"))
    await asyncio.sleep(0)
    await chatting.chat.resume_stream()
    await chatting.chat.stop()
    await sending
    assert "GET" not in [request.method for request in chatting.fetch.requests]


async def test_what_is_shown_stays_until_the_answer_has_caught_up() -> None:
    shown = UIMessage(id="a1", role="assistant", parts=[TextPart(text="Hello", state="done")])
    chunks = [[chunk] for chunk in HELLO if not isinstance(chunk, ui.StartStep)]
    chatting = Chatting(reads(*chunks, DONE), messages=[shown])
    await chatting.chat.resume_stream()
    assert chatting.chat.messages == [shown]
    assert chatting.chat.messages[0] is shown
    assert {type(change) for change in chatting.view.changes} == {StatusChanged}


async def test_another_answer_begins_a_message_of_its_own() -> None:
    other = [ui.Start(message_id="a2"), *HELLO[1:]]
    chatting = Chatting(reads(START, HEL, drop()), reads(other, DONE), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert [message.id for message in chatting.chat.messages[1:]] == ["a1", "a2"]
    assert chatting.texts == ["Hi", "Hel", "Hello"]
    assert chatting.chat.messages[1].parts[-1] == TextPart(text="Hel", state="done")


async def test_an_endpoint_may_only_go_on() -> None:
    fetch = FakeFetch(reads(START, HEL, drop()), reads([ui.Start(message_id="a1")], LO, DONE))
    transport = DefaultChatTransport(fetch, resume_stream_is_replay=False)
    chatting = Chatting(transport=transport, reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert chatting.texts == ["Hi", "Hello"]


async def test_an_approval_given_meanwhile_stays_given() -> None:
    call = ui.ToolInputAvailable(tool_call_id="t", tool_name="pay", input={})
    ask = ui.ToolApprovalRequest(approval_id="p", tool_call_id="t")
    first = [*START, call, ask]
    chatting = Chatting(reads(first, drop()), reads(first, [ui.Finish()], DONE), reconnect=Reconnect(first_delay=0.01))
    sending = asyncio.create_task(chatting.chat.send_message("Hi"))
    while chatting.chat.status != "streaming":
        await asyncio.sleep(0)
    await chatting.chat.add_tool_approval_response("p", True, reason="fine")
    await sending
    part = chatting.chat.messages[-1].parts[-1]
    assert isinstance(part, ToolPart)
    assert part.approval
    assert (part.state, part.approval.approved, part.approval.reason) == ("approval-responded", True, "fine")


# What the AI SDK does, for those who want that.


async def ai_sdk(*answers: HTTPAnswer) -> Chatting:
    fetch = FakeFetch(*answers)
    chatting = Chatting(transport=DefaultChatTransport(fetch), as_ai_sdk=True)
    chatting.fetch = fetch
    await chatting.chat.send_message("Hi")
    return chatting


async def test_the_ai_sdk_takes_a_stream_that_was_cut_off_for_whole() -> None:
    chatting = await ai_sdk(reads(START, HEL))
    assert chatting.chat.status == "ready"
    ours = Chatting(reads(START, HEL), reconnect=None)
    await ours.chat.send_message("Hi")
    assert isinstance(ours.chat.error, StreamTruncatedError)


async def test_the_ai_sdk_leaves_parts_open_and_does_not_reconnect() -> None:
    chatting = await ai_sdk(reads(START, HEL, drop()))
    assert chatting.chat.messages[-1].parts[-1] == TextPart(text="Hel", state="streaming")
    assert len(chatting.fetch.requests) == 1


async def test_the_ai_sdk_does_not_see_that_the_server_has_stopped() -> None:
    stopped = reads(START, HEL, [ui.Abort()], DONE)
    chatting = await ai_sdk(stopped)
    assert not chatting.finish.is_abort
    ours = Chatting(stopped)
    await ours.chat.send_message("Hi")
    assert ours.finish.is_abort
    assert ours.chat.status == "ready"


async def test_a_server_that_breaks_off_at_the_same_place_is_given_up() -> None:
    chatting = Chatting(*(reads(START, HEL, drop()) for _ in range(4)), reconnect=AT_ONCE)
    await chatting.chat.send_message("Hi")
    assert len(chatting.fetch.requests) == 4
    assert chatting.texts == ["Hi", "Hel"]


async def test_a_message_goes_before_a_resume_that_has_found_nothing_yet() -> None:
    never = asyncio.Event()

    class Slow(EdgeChatTransport):
        @asynccontextmanager
        async def resume(self, request: ResumeRequest) -> AsyncGenerator[ChunkStream | None]:
            await never.wait()
            yield None

    fetch = FakeFetch(reads(HELLO, DONE))
    chatting = Chatting(transport=Slow(fetch))
    resuming = asyncio.create_task(chatting.chat.resume_stream())
    await asyncio.sleep(0)
    await chatting.chat.send_message("Hi")
    await resuming
    assert chatting.view.statuses == ["submitted", "streaming", "ready"]
    assert chatting.texts == ["Hi", "Hello"]


async def test_what_is_not_kept_is_told_once() -> None:
    note = ui.Data(type="data-note", data=1, transient=True)
    kept = ui.Data(type="data-kept", data=2)
    told: list[ui.Data] = []
    first = [*START, note, kept]
    chatting = Chatting(
        reads(first, drop()), reads([*START, kept, note], LO[3:], DONE), reconnect=AT_ONCE, on_data=told.append
    )
    await chatting.chat.send_message("Hi")
    assert told == [note, kept]
