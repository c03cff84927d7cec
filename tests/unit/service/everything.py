"""A service with all that it takes, for tests of its routes."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import fakes
from issuing import AUDIENCE, ISSUER
from limiting import Bucket
from taping import LocalTape

from edgechat.model.speech import Audio, SpeechCall, SpeechModel, Transcript, TranscriptionCall, TranscriptionModel
from edgechat.model.types import LanguageModel, ModelCall
from edgechat.testing import FakeKV, FakeModel
from service.web import Download, Response, Stream


class Ears:
    provider = "fake"

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    async def transcribe(self, call: TranscriptionCall) -> Transcript:
        return Transcript(text="Where to go?", language=call.language or "en", duration=1.5)


class Voice:
    provider = "fake"

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    async def speak(self, call: SpeechCall) -> Audio:
        return Audio(f"the sound of {call.text}".encode(), "audio/mpeg")


def _answer(call: ModelCall) -> str:
    return '{"result": "travel"}' if call.response_format else "Italy."


class Service(fakes.Env):
    """Its models say "Italy.", or "travel" where JSON is wanted, and hear "Where to go?"."""

    def __init__(self) -> None:
        self.stores: dict[str, Any] = {
            "db": fakes.database(),
            "kv": FakeKV(limits_writes=False),
            "r2": Bucket(),
        }
        self.tapes: dict[str, LocalTape] = {}
        self.work: list[asyncio.Task[None]] = []

    @property
    def db(self) -> Any:
        return self.stores["db"]

    @property
    def kv(self) -> Any:
        return self.stores["kv"]

    @property
    def r2(self) -> Any:
        return self.stores["r2"]

    def var(self, name: str) -> str | None:
        return {"OIDC_ISSUER": ISSUER, "OIDC_AUDIENCE": AUDIENCE}.get(name)

    def model(self, model_id: str) -> LanguageModel:
        return FakeModel(_answer, model_id=model_id)

    def transcription(self, model_id: str) -> TranscriptionModel:
        return Ears(model_id)

    def voice(self, model_id: str) -> SpeechModel:
        return Voice(model_id)

    def tape(self, user_id: str, chat_id: str) -> Any:
        return self.tapes.setdefault(f"{user_id}/{chat_id}", LocalTape(_save))

    def wait_until(self, work: Coroutine[Any, Any, None]) -> None:
        self.work.append(asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True))

    async def read(self, response: Response) -> bytes:
        """The body to its end, and that of what goes on behind it."""
        match response.body:
            case bytes() as body:
                data = body
            case Stream(readable):
                data = bytes(await readable.arrayBuffer())
            case Download(pieces) | pieces:
                data = await _all(pieces)
        await asyncio.gather(*self.work)
        return data


async def _save(_unsaved: object) -> None:
    raise AssertionError("nothing is left unsaved")


async def _all(pieces: AsyncGenerator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])
