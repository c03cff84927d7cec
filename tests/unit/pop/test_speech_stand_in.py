"""The stand-ins for Whisper and the voices of Workers AI: their wire, and what they refuse."""

import asyncio
import base64
import threading

import httpx
import msgspec
import pytest

from edgechat.model.speech import Audio, SpeechCall, TranscriptionCall
from edgechat.model.workers_ai.speech import read_audio, read_transcript, speech_request, transcription_request
from pop.ai.backend import Json
from pop.ai.server import app
from pop.ai.speech import MOST_CHARACTERS, NOTHING, Heard, Segment, Speech, Stopped, Word, installed

TURBO = "@cf/openai/whisper-large-v3-turbo"
TINY = "@cf/openai/whisper-tiny-en"
MELOTTS = "@cf/myshell-ai/melotts"
AURA = "@cf/deepgram/aura-2-en"


class Backend:
    name = "none"

    def stream(self, request: Json) -> None: ...

    async def aclose(self) -> None: ...


class Ears:
    name = "Ears"

    def __call__(self, audio: bytes, stopped: threading.Event) -> Heard:
        words = [Word("Hello", 0.0, 0.5), Word("you.", 0.5, 1.0)]
        return Heard([Segment(" Hello you.", 0.0, 1.0, words)], 61.5) if audio == b"sound" else Heard([], 1.0)


class Voice:
    name = "Voice"

    def __call__(self, text: str, stopped: threading.Event) -> bytes:
        return b"RIFF" + text.encode()


class Endless:
    name = "Endless"

    def __init__(self) -> None:
        self.began = threading.Event()
        self.was_stopped = threading.Event()

    def __call__(self, text: str, stopped: threading.Event) -> bytes:
        self.began.set()
        assert stopped.wait(5)
        self.was_stopped.set()
        raise Stopped


async def run(model: str, body: bytes, sound: Speech | None = None) -> httpx.Response:
    sound = Speech(Ears(), Voice()) if sound is None else sound
    transport = httpx.ASGITransport(app(Backend(), sound=sound))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://ai") as client:
        content = b'{"inputs": ' + body + b', "options": {}}'
        return await client.post("/run?version=3", content=content, headers={"cf-consn-model-id": model})


def recording(model: str = TURBO, sound: bytes = b"sound") -> bytes:
    return transcription_request(model, TranscriptionCall(audio=Audio(sound, "audio/wav"), language="en")).body


async def test_what_was_heard_is_told_as_our_own_client_reads_it() -> None:
    response = await run(TURBO, recording())
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-pop-model"] == "Ears"
    heard = read_transcript(response.content)
    assert (heard.text, heard.language, heard.duration) == ("Hello you.", "en", 61.5)
    assert response.json()["vtt"] == "WEBVTT\n\n00:00.000 --> 00:01.000\nHello you."
    assert response.json()["word_count"] == 2


async def test_the_older_models_take_numbers_and_tell_words() -> None:
    response = await run(TINY, recording(TINY))
    assert response.json()["words"] == [
        {"word": "Hello", "start": 0.0, "end": 0.5},
        {"word": "you.", "start": 0.5, "end": 1.0},
    ]
    assert "segments" not in response.json()


async def test_silence_is_no_text() -> None:
    assert (await run(TURBO, recording(sound=b"hush"))).json()["text"] == ""


async def test_melotts_answers_with_base64_and_aura_with_bytes() -> None:
    for model in (MELOTTS, AURA):
        response = await run(model, speech_request(model, SpeechCall(text="Hi", language="en")).body)
        assert read_audio(response.content, response.headers["content-type"]) == Audio(b"RIFFHi", "audio/wav")
    assert response.headers["content-type"] == "audio/wav"


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (TURBO, {}),
        (TURBO, {"audio": "no base64!"}),
        (TURBO, {"audio": [1, 2]}),
        (TINY, {"audio": base64.b64encode(b"sound").decode()}),
        (TINY, {"audio": [256]}),
        (MELOTTS, {"text": "Hi"}),
        (MELOTTS, {"prompt": ""}),
        (AURA, {"text": "x" * (MOST_CHARACTERS + 1)}),
    ],
)
async def test_what_the_real_ones_refuse_is_refused(model: str, inputs: object) -> None:
    response = await run(model, msgspec.json.encode(inputs))
    assert (response.status_code, response.json()["internalCode"]) == (400, 5004)


@pytest.mark.parametrize("model", [TURBO, MELOTTS])
async def test_without_the_optional_part_one_is_told_what_to_install(model: str) -> None:
    response = await run(model, b"{}", NOTHING)
    assert response.json()["internalCode"] == 5007
    assert "make setup-voice" in response.json()["description"]


async def test_who_leaves_ends_the_work() -> None:
    voice = Endless()
    gone = asyncio.Event()
    body = b'{"inputs": {"text": "Hi"}}'
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> object:
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_message: object) -> None: ...

    headers = [(b"cf-consn-model-id", AURA.encode())]
    scope = {"type": "http", "method": "POST", "path": "/run", "query_string": b"", "headers": headers}
    server = app(Backend(), sound=Speech(None, voice))  # type: ignore[arg-type]
    asking = asyncio.ensure_future(server(scope, receive, send))  # type: ignore[arg-type]
    assert await asyncio.to_thread(voice.began.wait, 5)
    gone.set()
    await asking
    assert await asyncio.to_thread(voice.was_stopped.wait, 5)


def test_whisper_understands_piper() -> None:
    sound = installed()
    if not (sound.ears and sound.voice):
        pytest.skip("Whisper and Piper are not installed: make setup-voice")
    said = sound.voice("Please tell me the weather in Paris tomorrow morning.", threading.Event())
    assert said.startswith(b"RIFF")
    heard = sound.ears(said, threading.Event())
    words = {word.word.strip(".,").lower() for segment in heard.segments for word in segment.words}
    # Piper never says the same twice the same way, and the smallest Whisper mishears one word or another.
    assert len(words & {"please", "tell", "me", "the", "weather", "in", "paris", "tomorrow", "morning"}) >= 7
    assert 1 < heard.duration < 5
