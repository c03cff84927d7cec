"""The labelled sets, written by hand for this project. How they are labelled: docs/routing.md."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from edgechat.routing import Side

HERE = Path(__file__).parent
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "ja": "Japanese", "zh": "Chinese"}

type Split = Literal["train", "test", "blind"]
"""Blind: openings written before the patterns that they judge."""


class Prompt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    language: str
    side: Side
    kind: str
    split: Split


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an answer begins."""

    text: str
    language: str
    refusal: bool
    split: Split


def read_prompts(split: Split) -> list[Prompt]:
    return [prompt for prompt in _read("prompts.jsonl", Prompt) if prompt.split == split]


def read_openings(split: Split) -> list[Opening]:
    name = "openings-blind.jsonl" if split == "blind" else "openings.jsonl"
    return [opening for opening in _read(name, Opening) if opening.split == split]


def _read[T](name: str, kind: type[T]) -> Sequence[T]:
    return msgspec.json.Decoder(kind).decode_lines((HERE / name).read_bytes())
