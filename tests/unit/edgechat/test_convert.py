import json
from typing import Any

import msgspec
import pytest

from edgechat.errors import MessageConversionError
from edgechat.model import prompt
from edgechat.ui.convert import convert_to_model_messages
from edgechat.ui.messages import DataPart, UIMessage, decode_messages

USER = {"id": "u", "role": "user", "parts": [{"type": "text", "text": "hi"}]}


def convert(*messages: Any, **options: Any) -> Any:
    return json.loads(msgspec.json.encode(convert_to_model_messages(decode_messages(json.dumps(messages)), **options)))


def answer(*parts: Any) -> dict[str, Any]:
    return {"id": "a", "role": "assistant", "parts": list(parts)}


def call(state: str, **fields: Any) -> dict[str, Any]:
    return {"type": "tool-weather", "toolCallId": "c", "state": state, "input": {"city": "Rome"}, **fields}


def contents(*parts: Any, **options: Any) -> list[tuple[str, Any]]:
    return [(message["role"], message["content"]) for message in convert(answer(*parts), **options)]


CALL = {"type": "tool-call", "toolCallId": "c", "toolName": "weather", "input": {"city": "Rome"}}
RESULT = {"type": "tool-result", "toolCallId": "c", "toolName": "weather"}


def test_text_and_files_of_a_user_are_told() -> None:
    file = {"type": "file", "mediaType": "image/png", "url": "https://e.test", "filename": "a.png"}
    uploaded = {"type": "file", "mediaType": "image/png", "url": "x", "providerReference": {"openai": "file-1"}}
    text = {"type": "text", "text": "look", "providerMetadata": {"anthropic": {"cacheControl": {}}}}
    assert convert({"id": "u", "role": "user", "parts": [text, file, uploaded, {"type": "data-x", "data": 1}]}) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look", "providerOptions": {"anthropic": {"cacheControl": {}}}},
                {
                    "type": "file",
                    "mediaType": "image/png",
                    "filename": "a.png",
                    "data": {"type": "url", "url": "https://e.test/"},
                },
                {
                    "type": "file",
                    "mediaType": "image/png",
                    "data": {"type": "reference", "reference": {"openai": "file-1"}},
                },
            ],
        }
    ]


def test_a_system_message_is_one_text() -> None:
    parts = [
        {"type": "text", "text": "Be ", "providerMetadata": {"a": {"x": 1}}},
        {"type": "text", "text": "kind.", "providerMetadata": {"b": {}}},
    ]
    assert convert({"id": "s", "role": "system", "parts": parts}) == [
        {"role": "system", "content": "Be kind.", "providerOptions": {"a": {"x": 1}, "b": {}}}
    ]


def test_each_step_of_an_answer_becomes_a_message_and_its_results_another() -> None:
    step = {"type": "step-start"}
    assert contents(step, call("output-available", output=21), step, {"type": "text", "text": "21 degrees"}) == [
        ("assistant", [CALL]),
        ("tool", [{**RESULT, "output": {"type": "json", "value": 21}}]),
        ("assistant", [{"type": "text", "text": "21 degrees"}]),
    ]


def test_sources_and_calls_whose_input_is_streaming_are_left_out() -> None:
    source = {"type": "source-url", "sourceId": "s", "url": "https://e.test"}
    assert contents(source, call("input-streaming")) == []


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"state": "output-available", "output": "fine"}, {"type": "text", "value": "fine"}),
        ({"state": "output-available", "output": None}, {"type": "json", "value": None}),
        ({"state": "output-error", "errorText": "boom"}, {"type": "error-text", "value": "boom"}),
        ({"state": "output-denied"}, {"type": "error-text", "value": "Tool call execution denied."}),
    ],
)
def test_what_came_of_a_call_is_told(fields: dict[str, Any], output: Any) -> None:
    assert contents(call(**fields))[1] == ("tool", [{**RESULT, "output": output}])


def test_a_tool_may_word_its_output_itself() -> None:
    class Weather:
        def to_model_output(self, output: Any) -> prompt.ToolOutput:
            return prompt.TextOutput(value=f"{output} degrees")

    told = contents(call("output-available", output=21), tools={"weather": Weather()})
    assert told[1][1][0]["output"] == {"type": "text", "value": "21 degrees"}


def test_the_output_of_a_tool_that_is_gone_is_not_told() -> None:
    gone = {**call("output-available", output="secret"), "type": "dynamic-tool", "toolName": "weather"}
    assert contents(gone)[1][1][0]["output"] == {"type": "text", "value": "secret"}
    told = contents({**gone, "dynamic": False})
    assert told[1][1][0]["output"]["value"] == "Tool output omitted because the tool is no longer available."


def test_results_of_a_providers_own_tools_stay_in_their_step() -> None:
    metadata = {"callProviderMetadata": {"p": {"a": 1}}, "resultProviderMetadata": {"p": {"b": 2}}}
    found = call("output-available", output=[1], providerExecuted=True, **metadata)
    assert contents(found) == [
        (
            "assistant",
            [
                {**CALL, "providerExecuted": True, "providerOptions": {"p": {"a": 1}}},
                {**RESULT, "output": {"type": "json", "value": [1]}, "providerOptions": {"p": {"b": 2}}},
            ],
        )
    ]
    failed = call("output-error", errorText="boom", providerExecuted=True)
    assert contents(failed)[0][1][1]["output"] == {"type": "error-json", "value": "boom"}


def test_the_raw_input_of_a_failed_call_stands_in_for_its_input() -> None:
    failed = call("output-error", errorText="boom", rawInput='{"ci')
    del failed["input"]
    assert contents(failed)[0][1][0]["input"] == '{"ci'


@pytest.mark.parametrize("approved", [True, False])
def test_requests_for_approval_and_their_answers_are_told(approved: bool) -> None:
    approval = {"id": "a", "approved": approved, "reason": "why", "requestReason": "ask", "inputSchemaInput": None}
    (_, said), (_, told) = contents(call("approval-responded", approval=approval))
    request = {"type": "tool-approval-request", "approvalId": "a", "toolCallId": "c"}
    assert said == [CALL, {**request, "reason": "ask", "inputSchemaInput": None}]
    response = {"type": "tool-approval-response", "approvalId": "a", "approved": approved, "reason": "why"}
    denied = {**RESULT, "output": {"type": "execution-denied", "reason": "why"}}
    assert told == ([response] if approved else [response, denied])


def test_a_request_for_approval_that_the_user_passed_over_is_left_out() -> None:
    pending = answer(call("approval-requested", approval={"id": "a"}))
    assert [message["role"] for message in convert(USER, pending)] == ["user", "assistant"]
    assert [message["role"] for message in convert(USER, pending, USER)] == ["user", "user"]


def test_incomplete_calls_are_left_out_on_request() -> None:
    parts = [
        call("input-available"),
        call("approval-requested", approval={"id": "a"}),
        call("output-available", output=1, preliminary=True),
        call("output-error", errorText="boom"),
    ]
    assert [len(content) for _, content in contents(*parts)] == [5, 2]
    assert [len(content) for _, content in contents(*parts, ignore_incomplete_tool_calls=True)] == [1, 1]


def test_what_the_user_said_meanwhile_comes_between_two_steps() -> None:
    steering = {"type": "steering-message", "id": "s", "parts": [{"type": "text", "text": "shorter"}]}
    assert contents({"type": "text", "text": "Once"}, steering, {"type": "text", "text": "The end"}) == [
        ("assistant", [{"type": "text", "text": "Once"}]),
        ("user", [{"type": "text", "text": "shorter"}]),
        ("assistant", [{"type": "text", "text": "The end"}]),
    ]


def test_data_is_told_as_the_application_words_it() -> None:
    def word(part: DataPart) -> prompt.TextPart | None:
        return prompt.TextPart(text=str(part.data)) if part.type == "data-x" else None

    parts = [{"type": "data-x", "data": 1}, {"type": "data-y", "data": 2}]
    expected = [{"type": "text", "text": "1"}]
    assert contents(*parts, convert_data_part=word) == [("assistant", expected)]
    assert convert({**USER, "parts": parts}, convert_data_part=word)[0]["content"] == expected


def test_other_parts_of_an_answer_are_told() -> None:
    image = {"mediaType": "image/png", "url": "data:image/png;base64,AA"}
    source = {"type": "url", "url": image["url"]}
    assert contents(
        {"type": "reasoning", "text": "hm", "providerMetadata": {"p": {"signature": "s"}}},
        {"type": "reasoning-file", **image},
        {"type": "file", **image},
        {"type": "custom", "kind": "p.q"},
    ) == [
        (
            "assistant",
            [
                {"type": "reasoning", "text": "hm", "providerOptions": {"p": {"signature": "s"}}},
                {"type": "reasoning-file", "mediaType": "image/png", "data": source},
                {"type": "file", "mediaType": "image/png", "data": source},
                {"type": "custom", "kind": "p.q"},
            ],
        )
    ]


def test_a_file_needs_an_absolute_url() -> None:
    with pytest.raises(MessageConversionError, match="absolute URL"):
        convert({**USER, "parts": [{"type": "file", "mediaType": "image/png", "url": "/a.png"}]})


def test_an_empty_answer_is_left_out() -> None:
    assert convert_to_model_messages([UIMessage(id="a", role="assistant")]) == []
