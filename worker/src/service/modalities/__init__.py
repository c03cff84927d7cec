"""Workloads of the edge besides chat: a text goes on, gets a label, is heard, is spoken."""

from service.modalities.classify import post_classify
from service.modalities.complete import post_complete
from service.modalities.speech import post_speech
from service.modalities.transcribe import post_transcribe

__all__ = ["post_classify", "post_complete", "post_speech", "post_transcribe"]
