import msgspec
import pytest

from edgechat.ui.messages import (
    DataPart,
    ReasoningPart,
    StepStartPart,
    TextPart,
    UIMessage,
    decode_message,
    decode_messages,
)

JSON = (
    '{"id":"m","role":"assistant","parts":[{"type":"step-start"},{"type":"reasoning","text":"hm","id":"r"},'
    '{"type":"text","text":"Hi","state":"done"},{"type":"data-x","data":null}],"metadata":{"a":1}}'
)
MESSAGE = UIMessage(
    id="m",
    role="assistant",
    parts=[
        StepStartPart(),
        ReasoningPart(text="hm", id="r"),
        TextPart(text="Hi", state="done"),
        DataPart(type="data-x", data=None),
    ],
    metadata={"a": 1},
)


def test_a_message_is_decoded_with_all_its_parts() -> None:
    assert decode_message(JSON) == MESSAGE
    assert decode_messages(f"[{JSON}]") == [MESSAGE]


def test_a_message_is_encoded_as_it_came() -> None:
    assert msgspec.json.decode(msgspec.json.encode(MESSAGE)) == msgspec.json.decode(JSON)


def test_the_text_of_a_message_is_that_of_its_text_parts() -> None:
    assert MESSAGE.text == "Hi"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"id":"m","role":"robot","parts":[]}', "Invalid enum value 'robot'"),
        ('{"id":"m","role":"user"}', "missing required field `parts`"),
        ('{"id":"m","role":"user","parts":[{"type":"text"}]}', "missing required field `text`"),
        ('{"id":"m","role":"user","parts":[{"type":"surprise"}]}', "Unknown type 'surprise'"),
    ],
)
def test_a_bad_message_is_refused_with_its_reason(text: str, complaint: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        decode_message(text)
