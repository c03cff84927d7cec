"""The workloads besides chat, in this process: what is refused, what is booked, what ends when its client leaves."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import everything
import msgspec
import pytest
from fakes import bearer, production_limits, request

from edgechat.errors import APICallError, NoTranscriptGeneratedError
from edgechat.model.speech import Audio, SpeechCall, Transcript, TranscriptionCall
from edgechat.model.types import LanguageModel
from edgechat.testing import FakeModel, hang
from edgechat.ui import chunks as ui
from service import limits
from service.modalities.transcribe import seconds_of
from service.routes import respond
from service.settings import Limits, Workloads, read_limits
from service.web import Response

SMALL = "@cf/meta/llama-3.1-8b-instruct-fp8-fast"
WHISPER = "@cf/openai/whisper-large-v3-turbo"
SIGNED = bearer("guest_1")
ASKED: dict[str, Any] = {
    "complete": {"prompt": "Where to"},
    "classify": {"text": "Where to go?"},
    "transcribe": b"OggS" + b"\0" * 6_000,
    "speech": {"text": "Italy."},
}
WORKLOADS = list(ASKED)


class Service(everything.Service):
    """`fails` raises, of whatever model; `waits` does not answer at all, or no more than it has `said`."""

    def __init__(self, *, fails: Exception | None = None, waits: bool = False) -> None:
        super().__init__()
        self.fails = fails
        self.waits = waits
        self.said = ""
        self.cancelled: list[str] = []
        self.changes: dict[str, Any] = {}

    @property
    def limits(self) -> Limits:
        return msgspec.structs.replace(production_limits(), **self.changes)

    def model(self, model_id: str) -> LanguageModel:
        self.fake = FakeModel([self.fails] if self.fails else [self.said, hang()])
        return self.fake if self.fails or self.waits else super().model(model_id)

    def transcription(self, model_id: str) -> Any:
        return Failing(self, model_id) if self.fails or self.waits else super().transcription(model_id)

    def voice(self, model_id: str) -> Any:
        return Failing(self, model_id) if self.fails or self.waits else super().voice(model_id)

    async def booked(self) -> dict[str, tuple[int, int]]:
        await asyncio.gather(*self.work, return_exceptions=True)
        rows = await self.db.prepare("SELECT model, input_tokens, output_tokens FROM usage").all()
        return {row["model"]: (row["input_tokens"], row["output_tokens"]) for row in rows["results"]}

    @property
    def all_cancelled(self) -> bool:
        return bool(self.cancelled) or self.fake.aborted == [True]


class Failing:
    provider = "fake"

    def __init__(self, service: Service, model_id: str) -> None:
        self.model_id = model_id
        self._service = service

    async def transcribe(self, call: TranscriptionCall) -> Transcript:
        raise await self._fail()

    async def speak(self, call: SpeechCall) -> Audio:
        raise await self._fail()

    async def _fail(self) -> Exception:
        try:
            if self._service.waits:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self._service.cancelled.append(self.model_id)
            raise
        assert self._service.fails
        return self._service.fails


@pytest.fixture(autouse=True)
def forget() -> None:
    limits._refused.clear()


async def ask(
    service: Service,
    name: str,
    body: object = None,
    *,
    query: dict[str, str] | None = None,
    headers: dict[str, str] = SIGNED,
    left: Callable[[], Awaitable[None]] | None = None,
) -> Response:
    plain = request("POST", f"/api/{name}", ASKED[name] if body is None else body, headers)
    plain = replace(plain, query=query or {})
    return await respond(replace(plain, left=left) if left else plain, service)


def workloads(**changes: int) -> dict[str, Workloads]:
    usual = production_limits().workloads
    assert usual
    return {"workloads": msgspec.structs.replace(usual, **changes)}


def error_of(response: Response) -> tuple[int, str]:
    assert isinstance(response.body, bytes)
    return response.status, json.loads(response.body)["error"]["code"]


async def test_a_text_goes_on_in_a_stream() -> None:
    service = Service()
    response = await ask(service, "complete")
    chunks = ui.ChunkDecoder().feed(await service.read(response))
    assert "".join(chunk.delta for chunk in chunks if isinstance(chunk, ui.TextDelta)) == "Italy."
    assert await service.booked() == {SMALL: (10, 20)}


async def test_a_label_is_one_of_those_that_were_given() -> None:
    service = Service()
    response = await ask(service, "classify", {"text": "Rome", "labels": ["travel", "food"]})
    assert json.loads(await service.read(response)) == {"label": "travel"}
    assert error_of(await ask(service, "classify", {"text": "Rome", "labels": ["food", "money"]})) == (
        502,
        "model_failed",
    )


async def test_a_recording_is_heard_and_its_seconds_are_booked() -> None:
    service = Service()
    response = await ask(service, "transcribe", query={"language": "de"})
    assert json.loads(await service.read(response)) == {"text": "Where to go?", "language": "de", "seconds": 1.5}
    assert await service.booked() == {WHISPER: (21, 0)}, "more than two seconds, by its bytes"


async def test_a_text_is_spoken_and_its_characters_are_booked() -> None:
    service = Service()
    response = await ask(service, "speech")
    assert response.headers["content-type"] == "audio/mpeg"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert await service.read(response) == b"the sound of Italy."
    assert await service.booked() == {"@cf/myshell-ai/melotts": (6, 0)}


async def test_what_is_booked_adds_up_and_counts_like_all_tokens() -> None:
    service = Service()
    for _ in range(3):
        await service.read(await ask(service, "speech"))
    assert await service.booked() == {"@cf/myshell-ai/melotts": (18, 0)}
    tokens = await service.db.prepare("SELECT input_tokens AS n FROM daily_tokens WHERE user_id = ''").first("n")
    assert tokens == 18


@pytest.mark.parametrize(
    ("name", "body", "error"),
    [
        ("complete", {"prompt": " "}, (400, "empty_text")),
        ("complete", {"prompt": "x" * 2_001}, (413, "text_too_long")),
        ("complete", {"prompt": 1}, (400, "invalid_request")),
        ("complete", b"{", (400, "invalid_json")),
        ("classify", {"text": "x" * 4_001}, (413, "text_too_long")),
        ("classify", {"text": "x", "labels": ["one"]}, (400, "invalid_request")),
        ("classify", {"text": "x", "labels": ["a"] * 21}, (400, "invalid_request")),
        ("classify", {"text": "x", "labels": ["a", "b" * 41]}, (400, "invalid_request")),
        ("classify", {"text": "x", "labels": ["a", "b\n"]}, (400, "invalid_request")),
        ("transcribe", b"", (415, "not_audio")),
        ("transcribe", b"\x89PNG\r\n\x1a\n", (415, "not_audio")),
        ("transcribe", b"<html>", (415, "not_audio")),
        ("transcribe", b"OggS" + b"\0" * 2_000_000, (413, "audio_too_large")),
        ("speech", {"text": "x" * 1_001}, (413, "text_too_long")),
        ("speech", {"text": "x", "language": "../en"}, (400, "invalid_request")),
        ("speech", [], (400, "invalid_request")),
    ],
)
async def test_what_is_wrong_calls_no_model(name: str, body: object, error: tuple[int, str]) -> None:
    service = Service(fails=AssertionError("a model was called"))
    assert error_of(await ask(service, name, body)) == error
    assert await service.booked() == {}


async def test_a_language_is_two_letters() -> None:
    assert error_of(await ask(Service(), "transcribe", query={"language": "english"})) == (400, "invalid_request")


@pytest.mark.parametrize("name", WORKLOADS)
async def test_a_workload_that_is_not_offered_is_not_there(name: str) -> None:
    service = Service()
    service.changes = {"workloads": None}
    assert error_of(await ask(service, name)) == (404, "not_offered")


@pytest.mark.parametrize("name", WORKLOADS)
async def test_after_so_many_calls_in_a_day_no_model_is_called(name: str) -> None:
    service = Service()
    service.changes = workloads(guest_calls=2)
    for _ in range(2):
        await service.read(await ask(service, name))
    assert error_of(await ask(service, name)) == (429, "daily_calls")
    service.fails = AssertionError("a model was called")
    assert error_of(await ask(service, name)) == (429, "daily_calls")
    other = next(one for one in WORKLOADS if one != name)
    service.fails = None
    assert (await ask(service, other)).status == 200, "each has its own number"


async def test_guests_at_one_address_share_a_number() -> None:
    service = Service()
    service.changes = workloads(calls_per_address=2)
    for guest in ("guest_1", "guest_2"):
        headers = bearer(guest) | {"cf-connecting-ip": "203.0.113.7"}
        await service.read(await ask(service, "speech", headers=headers))
    headers = bearer("guest_3") | {"cf-connecting-ip": "203.0.113.7"}
    assert error_of(await ask(service, "speech", headers=headers)) == (429, "daily_calls_of_address")


async def test_the_spend_guard_holds_for_all_of_them() -> None:
    service = Service()
    service.changes = {"dollars": 0.0}
    assert error_of(await ask(service, "speech")) == (429, "daily_budget")


@pytest.mark.parametrize("name", WORKLOADS)
async def test_when_its_client_leaves_the_model_is_left_and_it_is_booked(name: str) -> None:
    service = Service(waits=True)
    gone = asyncio.Event()

    async def left() -> None:
        await gone.wait()

    asking = asyncio.ensure_future(ask(service, name, left=left))
    await asyncio.sleep(0.05)
    gone.set()
    response = await asking
    if name == "complete":
        await service.read(response)
    else:
        assert error_of(response) == (408, "left")
    assert service.all_cancelled
    assert len(await service.booked()) == 1


@pytest.mark.parametrize("name", WORKLOADS)
async def test_who_is_refused_ends_the_call(name: str) -> None:
    service = Service(waits=True)
    service.changes = {"dollars": 0.0}
    assert error_of(await ask(service, name)) == (429, "daily_budget")
    await service.booked()
    assert service.all_cancelled


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (APICallError("5007: No such model", status=400, code=5007), (501, "no_model")),
        (APICallError("5004: Invalid data", status=400, code=5004), (422, "not_understood")),
        (APICallError("secret at 10.0.0.1", status=401), (502, "model_failed")),
        (NoTranscriptGeneratedError("silence"), (422, "nothing_heard")),
    ],
)
async def test_what_goes_wrong_with_a_model_is_told_without_its_details(
    error: Exception, told: tuple[int, str]
) -> None:
    response = await ask(Service(fails=error), "transcribe")
    assert error_of(response) == told
    assert isinstance(response.body, bytes)
    assert b"10.0.0.1" not in response.body


@pytest.mark.parametrize("name", WORKLOADS)
async def test_what_a_model_has_refused_has_cost_nothing(name: str) -> None:
    service = Service(fails=APICallError("5007: No such model", status=400, code=5007))
    await service.read(await ask(service, name))
    assert await service.booked() == {}


async def test_what_it_has_answered_with_nonsense_is_booked() -> None:
    service = Service(fails=APICallError("The transcript cannot be read", is_retryable=False))
    assert error_of(await ask(service, "transcribe")) == (502, "model_failed")
    assert await service.booked() == {WHISPER: (21, 0)}


async def test_a_text_is_counted_as_far_as_it_had_come() -> None:
    service = Service(waits=True)
    service.said = "to in May"

    async def left() -> None:
        await asyncio.sleep(0.05)

    await service.read(await ask(service, "complete", left=left))
    assert (await service.booked())[SMALL][1] == 3


async def test_a_model_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.modalities.transcribe.PATIENCE", 0.02)
    assert error_of(await ask(Service(waits=True), "transcribe")) == (502, "model_failed")


def test_the_seconds_of_a_wave_are_in_its_header() -> None:
    header = bytearray(44)
    header[28:32] = (32_000).to_bytes(4, "little")
    assert seconds_of(Audio(bytes(header) + b"\0" * (64_000 - 44), "audio/wav")) == 2
    header[28:32] = bytes(4)
    assert seconds_of(Audio(bytes(header) + b"\0" * (6_000 - 44), "audio/wav")) == 2, "who lies does not pay less"
    header[28:32] = b"\xff" * 4
    assert seconds_of(Audio(bytes(header) + b"\0" * (1_920_000 - 44), "audio/wav")) == 10


def test_a_workload_names_a_model_that_there_is() -> None:
    variable = json.loads(msgspec.json.encode(production_limits()))
    variable["workloads"]["complete"]["model"] = "none"
    with pytest.raises(RuntimeError, match="there is no model 'none'"):
        read_limits(json.dumps(variable))
