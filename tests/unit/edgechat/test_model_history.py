"""What other models have said and done, told to one more."""

import pytest

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.call_ids import portable_call_id
from edgechat.model.history import build_request
from edgechat.model.prompt import AssistantMessage, FileData, FilePart, ModelMessage, TextPart, UserMessage
from edgechat.model.types import ModelCall, ModelRequest

SONG = FilePart(media_type="audio/ogg", data=FileData(b"OggS"), filename="song.ogg")


def request(*messages: ModelMessage) -> ModelRequest:
    return build_request(AnthropicMessages("claude-sonnet-4-5", api_key="k"), ModelCall(messages=[*messages]))


def test_a_file_of_an_earlier_turn_that_cannot_be_taken_is_named() -> None:
    told = request(UserMessage([SONG, TextPart(text="Listen")]), AssistantMessage("Nice."), UserMessage("And now?"))
    assert b"[A file was attached here: song.ogg]" in told.body
    assert b"Listen" in told.body
    assert told.warnings == [
        "The file song.ogg of an earlier message is left out: Anthropic takes no files of type audio/ogg."
    ]


def test_one_of_this_turn_is_an_error() -> None:
    with pytest.raises(UnsupportedFunctionalityError):
        request(UserMessage("Hi"), AssistantMessage("Hello"), UserMessage([SONG]))


@pytest.mark.parametrize("id", ["toolu_01A", "call_a", "a" * 40])
def test_an_id_that_fits_stays_as_it_is(id: str) -> None:
    assert portable_call_id(id) == id


@pytest.mark.parametrize("id", ["look:0", "a" * 41, "", "call_1::cf-wai-tool-call::x", "über"])
def test_an_id_that_does_not_becomes_one_that_does_and_always_the_same(id: str) -> None:
    fitted = portable_call_id(id)
    assert fitted.startswith("call_")
    assert len(fitted) <= 40
    assert portable_call_id(id) == fitted == portable_call_id(fitted)
    assert portable_call_id(id + "x") != fitted
