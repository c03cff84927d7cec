"""How models of speech are called: sound in and text out, or the other way round."""

from typing import Protocol

import msgspec

from edgechat.model.prompt import ProviderOptions


class Audio(msgspec.Struct, frozen=True):
    data: bytes
    media_type: str
    """Such as "audio/wav"."""


class Segment(msgspec.Struct, frozen=True):
    text: str
    start: float
    """Seconds."""
    end: float


class Transcript(msgspec.Struct, kw_only=True, frozen=True):
    text: str
    segments: list[Segment] = []
    language: str | None = None
    """Such as "en"."""
    duration: float | None = None
    """Seconds."""


class TranscriptionCall(msgspec.Struct, kw_only=True, frozen=True):
    audio: Audio
    language: str | None = None
    """That is spoken, such as "en"; None leaves it to the model."""
    provider_options: ProviderOptions = msgspec.field(default_factory=dict)


class SpeechCall(msgspec.Struct, kw_only=True, frozen=True):
    text: str
    voice: str | None = None
    language: str | None = None
    provider_options: ProviderOptions = msgspec.field(default_factory=dict)


class TranscriptionModel(Protocol):
    @property
    def provider(self) -> str: ...

    @property
    def model_id(self) -> str: ...

    async def transcribe(self, call: TranscriptionCall) -> Transcript:
        """Raises `APICallError`. Cancelling it cancels the call."""
        ...


class SpeechModel(Protocol):
    @property
    def provider(self) -> str: ...

    @property
    def model_id(self) -> str: ...

    async def speak(self, call: SpeechCall) -> Audio:
        """Raises `APICallError`. Cancelling it cancels the call."""
        ...
