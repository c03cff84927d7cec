"""`transcribe` and `generate_speech` (npm `ai` 7.0.173)."""

from edgechat.errors import NoSpeechGeneratedError, NoTranscriptGeneratedError
from edgechat.generate.retry import with_retries
from edgechat.model.prompt import ProviderOptions
from edgechat.model.speech import Audio, SpeechCall, SpeechModel, Transcript, TranscriptionCall, TranscriptionModel


async def transcribe(
    *,
    model: TranscriptionModel,
    audio: Audio,
    language: str | None = None,
    provider_options: ProviderOptions | None = None,
    max_retries: int = 2,
) -> Transcript:
    """What is said in a recording. Raises `NoTranscriptGeneratedError` for silence, else what the model raises."""
    call = TranscriptionCall(audio=audio, language=language, provider_options=provider_options or {})
    transcript = await with_retries(lambda _is_last: model.transcribe(call), max_retries)
    if not transcript.text:
        raise NoTranscriptGeneratedError(f"{model.model_id} has heard nothing.")
    return transcript


async def generate_speech(
    *,
    model: SpeechModel,
    text: str,
    voice: str | None = None,
    language: str | None = None,
    provider_options: ProviderOptions | None = None,
    max_retries: int = 2,
) -> Audio:
    """A text, spoken. Raises `NoSpeechGeneratedError`, else as `transcribe`."""
    call = SpeechCall(text=text, voice=voice, language=language, provider_options=provider_options or {})
    audio = await with_retries(lambda _is_last: model.speak(call), max_retries)
    if not audio.data:
        raise NoSpeechGeneratedError(f"{model.model_id} has said nothing.")
    return audio
