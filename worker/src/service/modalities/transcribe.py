"""`POST /api/transcribe`: what is said in a recording. The body is the recording as it is; its first bytes say what."""

import asyncio
import math
import re
from http import HTTPStatus

from edgechat.generate import transcribe
from edgechat.model.speech import Audio, Transcript
from service.bindings import Env
from service.modalities.call import Call
from service.telemetry import phase
from service.web import HTTPError, Request, Response, json_response

TOKENS_PER_SECOND = 10
"""As which audio is counted, so that quotas and prices are those of all models."""
PATIENCE = 30.0
"""Seconds."""

_KINDS = {
    "audio/wav": rb"RIFF....WAVE",
    "audio/webm": rb"\x1aE\xdf\xa3",
    "audio/ogg": rb"OggS",
    "audio/mp4": rb"....ftyp",
    "audio/mpeg": rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]",
}
_SIGNATURES = {kind: re.compile(pattern, re.DOTALL) for kind, pattern in _KINDS.items()}
_LANGUAGE = re.compile(r"[a-z]{2}")
_LEAST_BYTES, _MOST_BYTES = 3_000, 192_000
"""Of a second: speech, strongly compressed, and stereo as on a CD. A header may say anything."""


async def post_transcribe(request: Request, env: Env) -> Response:
    call = Call(request, env, "transcribe")
    settings = call.settings.transcribe
    language = request.query.get("language")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_request", "`language` is two letters, such as en.")
    audio = _read(await request.read(settings.audio_bytes), settings.audio_bytes)
    await call.check()
    seconds = seconds_of(audio)
    try:
        with phase("transcribe"):
            heard = await call.result(_transcribe(env, settings.id, audio, language))
        seconds = max(seconds, heard.duration or 0)
    finally:
        call.bill_sound(settings.id, math.ceil(seconds * TOKENS_PER_SECOND))
    return json_response({"text": heard.text, "language": heard.language, "seconds": heard.duration})


async def _transcribe(env: Env, model_id: str, audio: Audio, language: str | None) -> Transcript:
    async with asyncio.timeout(PATIENCE):
        return await transcribe(model=env.transcription(model_id), audio=audio, language=language, max_retries=1)


def _read(data: bytes | None, most: int) -> Audio:
    if data is None:
        message = f"The recording is too long: {most / 1_000_000:g} MB are the most."
        raise HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "audio_too_large", message)
    if kind := next((kind for kind, signature in _SIGNATURES.items() if signature.match(data)), None):
        return Audio(data, kind)
    message = "This is no recording: send WAV, WebM, Ogg, MP4 or MP3."
    raise HTTPError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_audio", message)


def seconds_of(audio: Audio) -> float:
    """At most so many, as far as can be told without decoding it."""
    rate = _LEAST_BYTES
    if audio.media_type == "audio/wav":
        told = int.from_bytes(audio.data[28:32], "little")
        rate = min(max(told, _LEAST_BYTES), _MOST_BYTES)
    return len(audio.data) / rate
