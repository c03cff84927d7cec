import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edgechat.errors import APICallError, EdgeChatError
from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.parts import Finish, ModelPart
from edgechat.model.prompt import (
    AssistantMessage,
    CustomPart,
    JSONOutput,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolResultPart,
)
from edgechat.model.types import FunctionTool, ModelCall, ProviderTool

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
IDS = st.sampled_from(["a", "b", "", None])
PLACES = st.sampled_from([0, 1, 1.5, None])
TEXTS = st.sampled_from(["", "a", '"', "{", '{"tool_uses":[{"recipient_name":"functions.f","parameters":{}}]}'])


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


OPERATIONS = objects(type=st.sampled_from(["create_file", "delete_file"]), path=TEXTS, diff=TEXTS)
ACTIONS = objects(
    type=st.sampled_from(["search", "open_page", "exec", "click", "wait", "x"]),
    query=TEXTS,
    commands=st.lists(TEXTS, max_size=2),
    command=st.lists(TEXTS, max_size=2),
    x=st.integers(),
    sources=VALUES,
)
ITEMS = st.fixed_dictionaries(
    {
        "id": IDS,
        "type": st.sampled_from(
            "message reasoning function_call custom_tool_call web_search_call file_search_call shell_call "
            "local_shell_call computer_call code_interpreter_call image_generation_call mcp_call tool_search_call "
            "mcp_approval_request apply_patch_call tool_search_output compaction program unknown".split()
        ),
    },
    optional={
        "call_id": IDS,
        "name": st.sampled_from(["f", "parallel"]),
        "arguments": TEXTS | VALUES,
        "input": TEXTS,
        "status": st.sampled_from(["completed", "in_progress", "x"]),
        "execution": st.sampled_from(["server", "client"]),
        "action": ACTIONS,
        "operation": OPERATIONS,
        "container_id": TEXTS,
        "code": TEXTS,
        "outputs": VALUES,
        "result": TEXTS,
        "results": VALUES,
        "queries": VALUES,
        "tools": VALUES,
        "error": VALUES,
        "server_label": TEXTS,
        "encrypted_content": TEXTS,
    },
)
EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            "output_text.delta refusal.delta reasoning_summary_part.added reasoning_summary_text.delta "
            "reasoning_summary_part.done function_call_arguments.delta custom_tool_call_input.delta created "
            "code_interpreter_call_code.delta code_interpreter_call_code.done completed incomplete failed "
            "apply_patch_call_operation_diff.delta apply_patch_call_operation_diff.done unknown "
            "image_generation_call.partial_image output_text.annotation.added".split()
        ).map(lambda name: f"response.{name}")
        | st.just("error"),
    },
    optional={
        "item_id": IDS,
        "output_index": PLACES,
        "summary_index": PLACES,
        "delta": TEXTS,
        "diff": TEXTS,
        "code": TEXTS,
        "partial_image_b64": TEXTS,
        "sequence_number": PLACES,
        "error": objects(type=TEXTS, message=TEXTS, code=TEXTS | VALUES),
        "message": TEXTS,
        "annotation": objects(
            type=st.sampled_from(["url_citation", "file_path"]), url=TEXTS, title=TEXTS, file_id=TEXTS, index=PLACES
        ),
        "response": objects(
            id=IDS,
            created_at=PLACES | VALUES,
            model=TEXTS,
            usage=objects(input_tokens=PLACES, output_tokens=PLACES) | VALUES,
            error=objects(message=TEXTS, code=TEXTS) | VALUES,
            incomplete_details=objects(reason=TEXTS) | VALUES,
        ),
    },
)
ITEM_EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["response.output_item.added", "response.output_item.done"]),
        "output_index": PLACES,
        "item": ITEMS,
    }
)
STREAMS = st.lists(ITEM_EVENTS | EVENTS | VALUES, max_size=20)


def decode(pieces: list[bytes]) -> list[ModelPart]:
    call = ModelCall(messages=[], tools=[FunctionTool(name="f", input_schema={})])
    decoder = OpenAIResponses("gpt-5", generate_id=lambda: "gen").decoder(call, {})
    return [part for piece in pieces for part in decoder.feed(piece)] + decoder.close()


def sse(events: list[Any]) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def outcome(pieces: list[bytes]) -> str:
    try:
        return repr(decode(pieces))
    except APICallError as error:
        return repr(error)


@given(STREAMS)
def test_whatever_comes_the_last_part_is_the_end(events: list[Any]) -> None:
    with suppress(APICallError):
        parts = decode([sse(events)])
        assert [isinstance(part, Finish) for part in parts] == [False] * (len(parts) - 1) + [True]


@given(STREAMS, st.integers(1, 30))
def test_where_the_bytes_are_cut_does_not_matter(events: list[Any], size: int) -> None:
    data = sse(events)
    assert outcome([data[at : at + size] for at in range(0, len(data), size)]) == outcome([data])


@given(st.lists(st.binary(max_size=50)))
def test_bytes_that_are_no_stream_do_no_harm(pieces: list[bytes]) -> None:
    assert isinstance(decode(pieces)[-1], Finish)


METADATA = objects(
    itemId=IDS | VALUES,
    phase=VALUES,
    reasoningEncryptedContent=IDS | VALUES,
    encryptedContent=VALUES,
    approvalRequestId=IDS | VALUES,
)


@given(st.data(), st.booleans(), st.sampled_from([None, "conv_1"]))
def test_what_a_page_made_up_is_told_or_refused(data: st.DataObject, store: bool, conversation: str | None) -> None:
    """Metadata, inputs and outputs come back from the browser."""

    def options() -> dict[str, Any]:
        return {"openai": data.draw(METADATA)}

    name, value = data.draw(st.sampled_from(["f", "find"])), data.draw(VALUES | objects(action=ACTIONS))
    result = ToolResultPart(
        tool_call_id="a", tool_name=name, output=JSONOutput(value=value), provider_options=options()
    )
    said = AssistantMessage(
        [
            TextPart(text="a", provider_options=options()),
            ReasoningPart(text="b", provider_options=options()),
            ToolCallPart(tool_call_id="a", tool_name=name, input=value, provider_options=options()),
            CustomPart(kind="openai.compaction", provider_options=options()),
            result,
        ]
    )
    call = ModelCall(
        messages=[said, ToolMessage([result])],
        tools=[ProviderTool(id="openai.web_search", name="find")],
        provider_options={"openai": {"store": store, "conversation": conversation}},
    )
    with suppress(EdgeChatError):
        assert json.loads(OpenAIResponses("gpt-5").build(call).body)["model"] == "gpt-5"
