"""`POST /api/speech`: a text, spoken. The answer is sound."""

import asyncio
from typing import Annotated

import msgspec

from edgechat.generate import generate_speech
from edgechat.json import JSONDecoder
from edgechat.model.speech import Audio
from service.bindings import Env
from service.modalities.call import Call
from service.modalities.texts import checked
from service.telemetry import phase
from service.web import Request, Response

PATIENCE = 30.0
"""Seconds."""


class _Body(msgspec.Struct):
    text: str
    language: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2}\Z")] | None = None


_body = JSONDecoder[_Body](_Body)


async def post_speech(request: Request, env: Env) -> Response:
    call = Call(request, env, "speech")
    settings = call.settings.speech
    body = await request.json(_body)
    text = checked(body.text, settings.characters)
    await call.check()
    language = body.language if body.language in settings.languages else None
    try:
        with phase("speech"):
            audio = await call.result(_speak(env, settings.id, text, language))
    finally:
        # A character counts as a token, so that quotas and prices are those of all models.
        call.bill_sound(settings.id, len(text))
    headers = {"content-type": audio.media_type, "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(audio.data, headers=headers)


async def _speak(env: Env, model_id: str, text: str, language: str | None) -> Audio:
    async with asyncio.timeout(PATIENCE):
        return await generate_speech(model=env.voice(model_id), text=text, language=language, max_retries=1)
