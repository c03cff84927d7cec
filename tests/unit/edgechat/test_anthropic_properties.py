from contextlib import suppress
from itertools import pairwise
from typing import Any, get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edgechat.errors import APICallError, InvalidArgumentError
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.anthropic.blocks import ContentBlock
from edgechat.model.parts import ModelPart
from edgechat.model.prompt import ModelMessage
from edgechat.model.types import ModelCall

API = AnthropicMessages("claude-sonnet-4-5", api_key="k", generate_id=lambda: "id")

START = {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 1}}}
ANSWER = [
    START,
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Grüße 👋\u2028"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "c", "name": "t"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"é":1}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}},
    {"type": "message_stop"},
]
DATA = b"".join(b"data: %b\n\n" % msgspec.json.encode(event) for event in ANSWER)

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def kinds(union: Any) -> list[str]:
    found = [
        kinds(each.__value__) if hasattr(each, "__value__") else [each.__struct_config__.tag]
        for each in get_args(union)
    ]
    return [kind for each in found for kind in each]


# Whole events, some of whose fields are anything.
index = st.integers(0, 3)
blocks = st.fixed_dictionaries(
    {"type": st.sampled_from(kinds(ContentBlock.__value__))},
    optional={
        **dict.fromkeys(("id", "name", "tool_use_id", "text", "thinking", "data", "server_name"), st.text(max_size=3)),
        **dict.fromkeys(("content", "input", "caller", "is_error", "from", "to"), json),
    },
)
deltas = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["text_delta", "input_json_delta", "thinking_delta", "signature_delta", "citations_delta"]
        )
    },
    optional=dict.fromkeys(("text", "partial_json", "thinking", "signature", "citation"), st.text() | json),
)
usage = st.dictionaries(st.sampled_from(["input_tokens", "output_tokens", "iterations"]), st.integers() | json)
events = st.one_of(
    st.sampled_from(ANSWER),
    st.builds(lambda i, block: {"type": "content_block_start", "index": i, "content_block": block}, index, blocks),
    st.builds(lambda i, delta: {"type": "content_block_delta", "index": i, "delta": delta}, index, deltas),
    st.builds(lambda i: {"type": "content_block_stop", "index": i}, index),
    st.builds(lambda u: {"type": "message_delta", "delta": {}, "usage": u}, usage),
    st.builds(lambda u: {"type": "message_start", "message": {"id": "m", "usage": u}}, usage),
    st.builds(lambda e: {"type": "error", "error": e}, json),
    json,
)


def decode(*pieces: bytes) -> list[ModelPart]:
    decoder = API.decoder(ModelCall(messages=[]), {})
    return [part for piece in pieces for part in decoder.feed(piece)] + decoder.close()


@given(st.lists(st.integers(0, len(DATA)), max_size=20))
def test_the_bytes_of_an_answer_may_be_cut_anywhere(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(DATA)]
    assert decode(*(DATA[start:end] for start, end in pairwise(edges))) == decode(DATA)


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_any_bytes_are_parts_or_a_failed_call(pieces: list[bytes]) -> None:
    with suppress(APICallError):
        decode(*pieces)


@given(st.lists(events, max_size=15))
def test_any_events_are_parts_that_can_be_sent_on(sent: list[Any]) -> None:
    data = [b"data: %b\n\n" % msgspec.json.encode(event) for event in (START, *sent)]
    msgspec.json.encode([part for part in decode(*data) if not hasattr(part, "error")])


messages = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["user", "assistant"]),
            "content": st.lists(
                st.fixed_dictionaries(
                    {"type": st.sampled_from(["text", "reasoning"]), "text": st.text(max_size=3)},
                    optional={
                        "providerOptions": st.fixed_dictionaries(
                            {"anthropic": st.dictionaries(st.text(max_size=3), json)}
                        )
                    },
                ),
                max_size=3,
            ),
        }
    ),
    max_size=4,
)


@given(messages, st.dictionaries(st.text(max_size=3) | st.sampled_from(["thinking", "effort", "mcpServers"]), json))
def test_any_prompt_and_options_are_a_request_or_an_error_of_ours(prompt: list[Any], options: dict[str, Any]) -> None:
    said: list[ModelMessage] = [
        msgspec.convert(message, ModelMessage.__value__)
        for message in prompt
        if message["role"] == "assistant" or all(part["type"] == "text" for part in message["content"])
    ]
    with suppress(InvalidArgumentError):
        API.build(ModelCall(messages=said, provider_options={"anthropic": options}))
