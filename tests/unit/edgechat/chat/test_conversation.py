"""What one does in a conversation: edits, answers again, tools, approvals, a queue."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from unit.edgechat.chat.chatting import DONE, HEL, HELLO, LO, START, Chatting, reads

from edgechat.chat import (
    DefaultChatTransport,
    RequestOptions,
    file_part,
    last_assistant_message_is_complete_with_approval_responses,
    last_assistant_message_is_complete_with_tool_calls,
)
from edgechat.errors import InvalidArgumentError
from edgechat.testing import FakeFetch, HTTPAnswer, hang
from edgechat.ui import chunks as ui
from edgechat.ui.messages import FilePart, StepStartPart, TextPart, ToolPart, UIMessage

CALL = ui.ToolInputAvailable(tool_call_id="t", tool_name="ask", input={"q": 1})
ASK: list[ui.UIChunk] = [*START, CALL, ui.FinishStep(), ui.Finish(finish_reason="tool-calls")]
APPROVE: list[ui.UIChunk] = [*ASK[:3], ui.ToolApprovalRequest(approval_id="p", tool_call_id="t"), *ASK[3:]]
STOPPED = HTTPAnswer('{"stopped":false}')


def user(id: str, text: str = "Hi") -> UIMessage:
    return UIMessage(id=id, role="user", parts=[TextPart(text=text)])


def answer(id: str, text: str = "Hey") -> UIMessage:
    return UIMessage(id=id, role="assistant", parts=[StepStartPart(), TextPart(text=text, state="done")])


def talk() -> list[UIMessage]:
    return [user("u1"), answer("b1"), user("u2", "And?"), answer("b2")]


def to_sdk(*answers: Any, **options: Any) -> Chatting:
    """A chat with a server of the AI SDK."""
    fetch = FakeFetch(*answers)
    chatting = Chatting(transport=DefaultChatTransport(fetch), **options)
    chatting.fetch = fetch
    return chatting


def bodies(chatting: Chatting) -> list[Any]:
    return [request.json() for request in chatting.fetch.requests]


def tool(chatting: Chatting) -> ToolPart:
    return next(part for part in chatting.chat.messages[-1].parts if isinstance(part, ToolPart))


async def test_an_edited_message_keeps_its_id_and_what_followed_is_gone() -> None:
    chatting = to_sdk(reads(HELLO, DONE), messages=talk())
    await chatting.chat.send_message("Hi there", message_id="u1", metadata={"n": 1})
    assert [(message.id, message.text) for message in chatting.chat.messages] == [("u1", "Hi there"), ("a1", "Hello")]
    assert bodies(chatting)[0]["messageId"] == "u1"
    assert chatting.chat.messages[0].metadata == {"n": 1}
    assert chatting.view.shown == [message.parts for message in chatting.chat.messages]


async def test_to_an_edgechat_worker_an_edited_message_is_a_new_version() -> None:
    chatting = Chatting(reads(HELLO, DONE), messages=talk())
    await chatting.chat.send_message("And what?", message_id="u2")
    [body] = bodies(chatting)
    assert body["message"]["id"] == chatting.chat.messages[2].id != "u2"
    assert body["parentId"] == "b1"


@pytest.mark.parametrize("message_id", ["b1", "nobody"])
async def test_only_messages_of_the_user_can_be_edited(message_id: str) -> None:
    chatting = Chatting(messages=talk())
    with pytest.raises(InvalidArgumentError, match=message_id):
        await chatting.chat.send_message("Hi", message_id=message_id)
    assert len(chatting.chat.messages) == 4


async def test_an_answer_is_generated_again() -> None:
    chatting = Chatting(reads(HELLO, DONE), messages=talk())
    await chatting.chat.regenerate()
    assert [message.id for message in chatting.chat.messages] == ["u1", "b1", "u2", "a1"]
    [body] = bodies(chatting)
    assert (body["message"]["id"], body["parentId"], body["trigger"]) == ("u2", "b1", "regenerate-message")


async def test_an_earlier_answer_is_generated_again_and_what_followed_is_gone() -> None:
    chatting = to_sdk(reads(HELLO, DONE), messages=talk())
    await chatting.chat.regenerate("b1")
    assert [message.id for message in chatting.chat.messages] == ["u1", "a1"]
    assert bodies(chatting)[0]["messageId"] == "b1"


@pytest.mark.parametrize(("messages", "message_id"), [([], None), (talk(), "nobody")])
async def test_what_is_not_there_cannot_be_generated_again(messages: list[UIMessage], message_id: str | None) -> None:
    with pytest.raises(InvalidArgumentError):
        await Chatting(messages=messages).chat.regenerate(message_id)


async def test_an_edit_ends_the_answer_that_streams() -> None:
    chatting = Chatting(reads(START, HEL, hang()), STOPPED, reads(HELLO, DONE), messages=talk())
    sending = asyncio.create_task(chatting.chat.send_message("Hi"))
    await asyncio.sleep(0)
    await chatting.chat.send_message("Instead", message_id="u1")
    await sending
    assert chatting.texts == ["Instead", "Hello"]
    assert [finish.is_abort for finish in chatting.finishes] == [True, False]


async def test_files_and_metadata_go_with_a_text() -> None:
    chatting = Chatting(reads(HELLO, DONE))
    uploaded = FilePart(media_type="image/png", url="/api/attachments/1")
    await chatting.chat.send_message("Look", files=[file_part(b"abc", "text/plain", "a.txt"), uploaded], metadata=[1])
    message = bodies(chatting)[0]["message"]
    assert message["parts"] == [
        {"type": "file", "mediaType": "text/plain", "url": "data:text/plain;base64,YWJj", "filename": "a.txt"},
        {"type": "file", "mediaType": "image/png", "url": "/api/attachments/1"},
        {"type": "text", "text": "Look"},
    ]
    assert message["metadata"] == [1]


async def test_a_file_needs_no_text_and_a_message_may_be_ones_own() -> None:
    chatting = Chatting(reads(HELLO, DONE), reads(HELLO, DONE))
    await chatting.chat.send_message(files=[file_part(b"", "text/plain")])
    assert [type(part) for part in chatting.chat.messages[0].parts] == [FilePart]
    mine = user("mine")
    await chatting.chat.send_message(mine)
    assert chatting.chat.messages[2] is mine


async def test_an_answer_that_failed_is_asked_for_again_without_a_message() -> None:
    chatting = Chatting(HTTPAnswer("no", status=500), reads(HELLO, DONE))
    await chatting.chat.send_message("Hi")
    await chatting.chat.send_message()
    assert chatting.texts == ["Hi", "Hello"]
    assert bodies(chatting)[0] == bodies(chatting)[1]


async def test_the_options_of_one_request_join_those_of_all() -> None:
    fetch = FakeFetch(reads(HELLO, DONE))
    transport = DefaultChatTransport(fetch, headers={"A": "1", "B": "1"}, body={"x": 1, "y": 1})
    options = RequestOptions(headers={"b": "2"}, body={"y": 2, "id": "forged"})
    await Chatting(transport=transport).chat.send_message("Hi", options=options)
    [request] = fetch.requests
    assert request.headers == {"content-type": "application/json", "a": "1", "b": "2"}
    body = request.json()
    assert (body["x"], body["y"], body["id"]) == (1, 2, "c")


async def test_an_error_can_be_cleared_and_nothing_else() -> None:
    chatting = Chatting(HTTPAnswer("no", status=500))
    chatting.chat.clear_error()
    assert chatting.view.statuses == []
    await chatting.chat.send_message("Hi")
    chatting.chat.clear_error()
    assert chatting.view.statuses == ["submitted", "error", "ready"]
    assert chatting.chat.error is None


async def test_messages_are_replaced_as_a_list() -> None:
    chatting = Chatting(messages=talk())
    chatting.chat.set_messages([user("u9")])
    assert chatting.view.shown == [[TextPart(text="Hi")]]


async def test_an_answer_finds_its_message_in_a_new_list_by_its_id() -> None:
    chatting = Chatting(reads(START, HEL, hang()), STOPPED)
    sending = asyncio.create_task(chatting.chat.send_message("Hi"))
    while chatting.texts != ["Hi", "Hel"]:
        await asyncio.sleep(0)
    chatting.chat.set_messages([user("u9"), answer("a1", "?"), user("u10")])
    await chatting.chat.stop()
    await sending
    assert len(chatting.chat.messages) == 3


# Tools of the page.


async def test_a_tool_of_the_page_is_asked_for_and_its_output_sent() -> None:
    calls: list[str] = []
    chatting = to_sdk(
        reads(ASK, DONE),
        reads([ui.Start(message_id="a1"), *HELLO[1:]], DONE),
        on_tool_call=lambda call: calls.append(call.tool_call_id),
        send_automatically_when=last_assistant_message_is_complete_with_tool_calls,
    )
    await chatting.chat.send_message("Hi")
    assert calls == ["t"]
    await chatting.chat.add_tool_output("t", {"a": 1}, tool="ask")
    assert (tool(chatting).state, tool(chatting).output) == ("output-available", {"a": 1})
    assert bodies(chatting)[1]["messageId"] == "a1"
    assert chatting.texts == ["Hi", "Hello"]
    assert chatting.view.statuses == ["submitted", "streaming", "ready"] * 2


async def test_a_tool_may_answer_while_it_is_asked() -> None:
    async def on_tool_call(call: ui.ToolInputAvailable) -> None:
        await chatting.chat.add_tool_output(call.tool_call_id, "yes", tool=call.tool_name)

    chatting = to_sdk(
        reads(ASK, DONE),
        reads([ui.Start(message_id="a1"), *HELLO[1:]], DONE),
        on_tool_call=on_tool_call,
        send_automatically_when=last_assistant_message_is_complete_with_tool_calls,
    )
    await asyncio.wait_for(chatting.chat.send_message("Hi"), 5)
    assert len(chatting.fetch.requests) == 2
    assert tool(chatting).output == "yes"


async def test_a_tool_that_is_asked_may_stop_the_answer() -> None:
    async def on_tool_call(_: ui.ToolInputAvailable) -> None:
        await chatting.chat.stop()
        await asyncio.sleep(1)

    chatting = to_sdk(reads(ASK, DONE), on_tool_call=on_tool_call)
    await asyncio.wait_for(chatting.chat.send_message("Hi"), 0.9)
    assert chatting.finish.is_abort


async def test_stop_waits_for_a_tool_that_is_being_asked() -> None:
    ended: list[str] = []

    async def on_tool_call(_: ui.ToolInputAvailable) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            ended.append("tool")

    chatting = to_sdk(reads(ASK, DONE), on_tool_call=on_tool_call)
    sending = asyncio.create_task(chatting.chat.send_message("Hi"))
    while chatting.chat.status != "streaming":
        await asyncio.sleep(0)
    await chatting.chat.stop()
    ended.append("stop")
    await sending
    assert ended == ["tool", "stop"]


async def test_a_tool_that_failed_says_why() -> None:
    chatting = to_sdk(reads(ASK, DONE))
    await chatting.chat.send_message("Hi")
    await chatting.chat.add_tool_output("t", tool="ask", error_text="No luck")
    assert (tool(chatting).state, tool(chatting).error_text, tool(chatting).output) == (
        "output-error",
        "No luck",
        msgspec.UNSET,
    )


async def test_answers_that_ask_for_ever_more_do_not_pile_up() -> None:
    rounds = 400  # more than Python's stack would take
    chatting: Chatting = to_sdk(
        *(reads(ASK, [ui.ToolOutputAvailable(tool_call_id="t", output=1)], DONE) for _ in range(rounds)),
        reads(HELLO, DONE),
        send_automatically_when=lambda _: len(chatting.fetch.requests) <= rounds,
    )
    await chatting.chat.send_message("Hi")
    assert chatting.chat.status == "ready"


@pytest.mark.parametrize("approved", [True, False])
async def test_an_approval_is_given_and_sent(approved: bool) -> None:
    chatting = to_sdk(
        reads(APPROVE, DONE),
        reads([ui.Start(message_id="a1"), *HELLO[1:]], DONE),
        send_automatically_when=last_assistant_message_is_complete_with_approval_responses,
    )
    await chatting.chat.send_message("Hi")
    await chatting.chat.add_tool_approval_response("p", approved, reason="so")
    part = bodies(chatting)[1]["messages"][1]["parts"][1]
    assert (part["state"], part["approval"]) == (
        "approval-responded",
        {"id": "p", "approved": approved, "reason": "so"},
    )


async def test_an_interrupted_answer_is_not_gone_on_with() -> None:
    interrupted = [*ASK[:-1], ui.Finish(finish_reason="interrupted")]
    chatting = to_sdk(
        reads(interrupted, DONE), send_automatically_when=last_assistant_message_is_complete_with_tool_calls
    )
    await chatting.chat.send_message("Hi")
    await chatting.chat.add_tool_output("t", 1, tool="ask")
    assert len(chatting.fetch.requests) == 1


# The queue.


async def queued(*answers: Any, texts: Sequence[str] = ("Two", "Three"), **options: Any) -> tuple[Chatting, Any]:
    chatting = to_sdk(*answers, queue=True, **options)
    sending = asyncio.create_task(chatting.chat.send_message("One"))
    await asyncio.sleep(0)
    for text in texts:
        await chatting.chat.send_message(text)
    return chatting, sending


async def test_messages_wait_their_turn() -> None:
    chatting, sending = await queued(*(reads(START, [chunk], LO[3:], DONE) for chunk in HEL[:1] * 3))
    assert [message.text for message in chatting.chat.queued_messages] == ["Two", "Three"]
    await sending
    assert [text for text in chatting.texts if text] == ["One", "Two", "Three"]
    assert chatting.chat.queued_messages == []


async def test_after_a_stop_the_queue_waits_for_the_next_message() -> None:
    other = [ui.Start(message_id="a2"), *HELLO[1:]], [ui.Start(message_id="a3"), *HELLO[1:]]
    chatting, sending = await queued(
        reads(START, HEL, hang()), *(reads(chunks, DONE) for chunks in other), texts=["Two"]
    )
    await chatting.chat.stop()
    await sending
    assert len(chatting.fetch.requests) == 1
    await chatting.chat.send_message("Three")
    assert chatting.texts == ["One", "Hel", "Two", "Hello", "Three", "Hello"]


async def test_a_queued_message_can_be_taken_back_or_sent_at_once() -> None:
    other = [[ui.Start(message_id=key), *HELLO[1:]] for key in ("a2", "a3")]
    texts = ["Two", "Three", "Four"]
    chatting, sending = await queued(reads(START, HEL, hang()), *(reads(chunks, DONE) for chunks in other), texts=texts)
    two, three, four = chatting.chat.queued_messages
    chatting.chat.remove_queued_message(two.id)
    await chatting.chat.send_queued_message_now(four.id)
    await sending
    assert [text for text in chatting.texts if text not in ("Hel", "Hello")] == ["One", "Four", "Three"]
    assert chatting.chat.messages[-2] is three


async def test_an_edit_empties_the_queue() -> None:
    chatting, sending = await queued(reads(START, HEL, hang()), reads(HELLO, DONE), messages=talk())
    await chatting.chat.send_message("Instead", message_id="u1")
    await sending
    assert chatting.texts == ["Instead", "Hello"]
    assert chatting.chat.queued_messages == []
