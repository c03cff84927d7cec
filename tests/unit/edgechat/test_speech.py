"""`transcribe` and `generate_speech`, on the wire of Workers AI."""

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from edgechat.errors import APICallError, NoSpeechGeneratedError, NoTranscriptGeneratedError
from edgechat.generate import generate_speech, transcribe
from edgechat.http import FetchResponse
from edgechat.model.speech import Audio, Segment
from edgechat.model.types import ModelRequest
from edgechat.model.workers_ai import create_workers_ai

TURBO = "@cf/openai/whisper-large-v3-turbo"
MELOTTS = "@cf/myshell-ai/melotts"
AURA = "@cf/deepgram/aura-2-en"
RECORDING = Audio(b"RIFF....WAVE", "audio/wav")


class Response:
    def __init__(self, body: bytes, status: int, content_type: str) -> None:
        self.status = status
        self.headers = {"content-type": content_type}
        self._pieces = [body[: len(body) // 2], body[len(body) // 2 :]]

    async def read(self) -> bytes | None:
        return self._pieces.pop(0) if self._pieces else None

    async def text(self) -> str:
        return b"".join(self._pieces).decode()


class Binding:
    """Gives its answers one after the other."""

    def __init__(self, *answers: object, status: int = 200) -> None:
        self.requests: list[ModelRequest] = []
        self._answers = list(answers)
        self._status = status

    @asynccontextmanager
    async def __call__(self, request: ModelRequest) -> AsyncGenerator[FetchResponse]:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        is_audio = isinstance(answer, bytes)
        body = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        yield Response(body, self._status, "audio/mpeg" if is_audio else "application/json")

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.requests[-1].body)


async def test_whisper_is_sent_base64_and_tells_what_it_has_heard() -> None:
    segment = {"text": " Hello.", "start": 0.0, "end": 0.9, "avg_logprob": -0.2}
    answer = {
        "text": " Hello. ",
        "segments": [segment],
        "transcription_info": {"language": "en", "duration": 1.5, "language_probability": 1},
        "word_count": 1,
        "vtt": "WEBVTT",
    }
    binding = Binding(answer)
    heard = await transcribe(model=create_workers_ai(binding).transcription(TURBO), audio=RECORDING, language="en")
    assert binding.requests[0].model == TURBO
    assert binding.body == {"audio": base64.b64encode(RECORDING.data).decode(), "language": "en"}
    assert (heard.text, heard.language, heard.duration) == ("Hello.", "en", 1.5)
    assert heard.segments == [Segment(" Hello.", 0.0, 0.9)]


async def test_the_older_whispers_are_sent_numbers_and_tell_words() -> None:
    binding = Binding({"text": "Hi", "word_count": 1, "words": [{"word": "Hi", "start": 0.1, "end": 0.4}]})
    model = create_workers_ai(binding).transcription("@cf/openai/whisper-tiny-en")
    heard = await transcribe(model=model, audio=Audio(b"\x01\xff", "audio/wav"))
    assert binding.body == {"audio": [1, 255]}
    assert heard.segments == [Segment("Hi", 0.1, 0.4)]


async def test_what_rest_wraps_is_unwrapped() -> None:
    binding = Binding({"result": {"text": "Hi"}, "success": True, "errors": []})
    assert (await transcribe(model=create_workers_ai(binding).transcription(TURBO), audio=RECORDING)).text == "Hi"


async def test_options_of_the_provider_go_into_the_request_as_they_are() -> None:
    binding = Binding({"text": "Hi"})
    model = create_workers_ai(binding).transcription(TURBO)
    await transcribe(model=model, audio=RECORDING, provider_options={"workers-ai": {"vad_filter": True}})
    assert binding.body["vad_filter"] is True


async def test_silence_is_an_error_of_its_own() -> None:
    with pytest.raises(NoTranscriptGeneratedError):
        await transcribe(model=create_workers_ai(Binding({"text": " "})).transcription(TURBO), audio=RECORDING)


@pytest.mark.parametrize("answer", [{"texts": "?"}, {"text": 1}, [], b"{"])
async def test_a_transcript_that_is_none_is_not_asked_for_again(answer: object) -> None:
    binding = Binding(answer, answer)
    with pytest.raises(APICallError, match="cannot be read"):
        await transcribe(model=create_workers_ai(binding).transcription(TURBO), audio=RECORDING)
    assert len(binding.requests) == 1


async def test_melotts_answers_with_base64() -> None:
    binding = Binding({"audio": base64.b64encode(b"ID3 sound").decode()})
    audio = await generate_speech(model=create_workers_ai(binding).speech(MELOTTS), text="Hello", language="en")
    assert binding.body == {"prompt": "Hello", "lang": "en"}
    assert audio == Audio(b"ID3 sound", "audio/mpeg")


async def test_aura_answers_with_bytes() -> None:
    binding = Binding(b"RIFF sound")
    audio = await generate_speech(model=create_workers_ai(binding).speech(AURA), text="Hello", voice="luna")
    assert binding.body == {"text": "Hello", "speaker": "luna"}
    assert audio == Audio(b"RIFF sound", "audio/wav")


@pytest.mark.parametrize("answer", [{"audio": "no base64!"}, {"sound": ""}])
async def test_speech_that_is_none_is_not_asked_for_again(answer: object) -> None:
    binding = Binding(answer, answer)
    with pytest.raises(APICallError, match="cannot be read"):
        await generate_speech(model=create_workers_ai(binding).speech(MELOTTS), text="Hello")
    assert len(binding.requests) == 1


async def test_no_sound_is_an_error() -> None:
    with pytest.raises(NoSpeechGeneratedError):
        await generate_speech(model=create_workers_ai(Binding({"audio": ""})).speech(MELOTTS), text="Hello")


async def test_an_error_has_the_code_of_workers_ai() -> None:
    binding = Binding({"internalCode": 5007, "name": "AiError", "description": "No such model"}, status=400)
    with pytest.raises(APICallError, match="5007: No such model") as caught:
        await generate_speech(model=create_workers_ai(binding).speech(MELOTTS), text="Hello")
    assert caught.value.code == 5007


async def test_a_busy_model_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_seconds: float) -> None:
        pass

    monkeypatch.setattr("edgechat.generate.retry.asyncio.sleep", sleep)
    binding = Binding(APICallError("3040: busy", status=429, code=3040), {"text": "Hi"})
    assert (await transcribe(model=create_workers_ai(binding).transcription(TURBO), audio=RECORDING)).text == "Hi"
