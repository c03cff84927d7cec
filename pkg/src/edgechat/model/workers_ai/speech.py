"""Speech on Workers AI: Whisper hears, MeloTTS and Aura speak (npm `workers-ai-provider` 4.0.0,
`workersai-transcription-model.ts` and `workersai-speech-model.ts`; workerd `types/defines/ai.d.ts`)."""

import base64
import binascii
from typing import Any

import msgspec

from edgechat.errors import APICallError
from edgechat.http import FetchResponse
from edgechat.json import JSONDecoder
from edgechat.model.speech import Audio, Segment, SpeechCall, Transcript, TranscriptionCall
from edgechat.model.types import ModelRequest, Sender, without_none
from edgechat.model.workers_ai.errors import workers_ai_error

PROVIDER = "workers-ai"
_TURBO = "@cf/openai/whisper-large-v3-turbo"
_MELOTTS = "@cf/myshell-ai/melotts"
_STARTS = ((b"RIFF", "audio/wav"), (b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"))


class _Timed(msgspec.Struct):
    """A segment or a word."""

    start: float = 0
    end: float = 0
    text: str = ""
    word: str = ""


class _Info(msgspec.Struct):
    language: str | None = None
    duration: float | None = None


class _Heard(msgspec.Struct):
    text: str
    segments: list[_Timed] | None = None
    words: list[_Timed] | None = None
    transcription_info: _Info | None = None


class _Spoken(msgspec.Struct):
    audio: str
    """Base64."""


class _Wrapped(msgspec.Struct):
    """As REST gives it."""

    result: msgspec.Raw


_heard = JSONDecoder[_Heard](_Heard)
_spoken = JSONDecoder[_Spoken](_Spoken)
_wrapped = JSONDecoder[_Wrapped](_Wrapped)


class WorkersAITranscription:
    """A `TranscriptionModel`: `WorkersAITranscription("@cf/openai/whisper-large-v3-turbo", AIBinding(env.AI))`.

    `provider_options["workers-ai"]` goes into the request as it is, such as "vad_filter" or "initial_prompt".
    """

    provider = PROVIDER

    def __init__(self, model_id: str, send: Sender) -> None:
        self.model_id = model_id
        self._send = send

    async def transcribe(self, call: TranscriptionCall) -> Transcript:
        async with self._send(transcription_request(self.model_id, call)) as response:
            return read_transcript(await _read(response))


class WorkersAISpeech:
    """A `SpeechModel`: `WorkersAISpeech("@cf/myshell-ai/melotts", AIBinding(env.AI))`."""

    provider = PROVIDER

    def __init__(self, model_id: str, send: Sender) -> None:
        self.model_id = model_id
        self._send = send

    async def speak(self, call: SpeechCall) -> Audio:
        async with self._send(speech_request(self.model_id, call)) as response:
            return read_audio(await _read(response), response.headers.get("content-type", ""))


def transcription_request(model_id: str, call: TranscriptionCall) -> ModelRequest:
    # Only the newest takes base64; of the others each byte becomes a number, four times as long.
    data = call.audio.data
    audio: Any = base64.b64encode(data).decode() if model_id == _TURBO else list(data)
    return _request(model_id, {"audio": audio, "language": call.language}, call)


def speech_request(model_id: str, call: SpeechCall) -> ModelRequest:
    if model_id == _MELOTTS:
        return _request(model_id, {"prompt": call.text, "lang": call.language}, call)
    return _request(model_id, {"text": call.text, "speaker": call.voice}, call)


def _request(model_id: str, body: dict[str, Any], call: TranscriptionCall | SpeechCall) -> ModelRequest:
    options = call.provider_options.get(PROVIDER, {})
    return ModelRequest(model=model_id, body=msgspec.json.encode(without_none(body) | options))


def read_transcript(data: bytes) -> Transcript:
    """Raises `APICallError`."""
    try:
        heard = _heard.decode(_unwrapped(data))
    except msgspec.DecodeError as error:
        raise APICallError(f"The transcript cannot be read: {error}", is_retryable=False) from None
    info = heard.transcription_info or _Info()
    segments = [Segment(one.text or one.word, one.start, one.end) for one in heard.segments or heard.words or ()]
    return Transcript(text=heard.text.strip(), segments=segments, language=info.language, duration=info.duration)


def read_audio(data: bytes, content_type: str) -> Audio:
    """What the model has said: bytes, or base64 in JSON. Raises `APICallError`."""
    if "json" in content_type:
        try:
            data = base64.b64decode(_spoken.decode(_unwrapped(data)).audio, validate=True)
        except (msgspec.DecodeError, binascii.Error) as error:
            raise APICallError(f"The speech cannot be read: {error}", is_retryable=False) from None
    # Cloudflare does not always say what it is; as a rule it is MP3.
    return Audio(data, next((kind for start, kind in _STARTS if data.startswith(start)), "audio/mpeg"))


def _unwrapped(data: bytes) -> bytes | msgspec.Raw:
    try:
        return _wrapped.decode(data).result
    except msgspec.ValidationError:
        return data


async def _read(response: FetchResponse) -> bytes:
    if response.status >= 400:
        raise workers_ai_error(await response.text(), response.status)
    pieces: list[bytes] = []
    while (piece := await response.read()) is not None:
        pieces.append(piece)
    return b"".join(pieces)
