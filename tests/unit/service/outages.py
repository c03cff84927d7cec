"""Stores that are out of reach."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from service import stores


class Broken:
    """A store, or a tape. Each call raises the error; without one, none is ever answered."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        match name:
            case "prepare" | "bind" | "withSession":
                return lambda *_: self
            case "getBookmark":
                return lambda: None
        return self._call

    async def _call(self, *_: Any, **__: Any) -> None:
        if self._error:
            raise self._error
        await asyncio.Event().wait()


def lose_patience(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.01) -> None:
    monkeypatch.setattr(stores, "DATABASE", seconds)
    monkeypatch.setattr(stores, "FILES", seconds)
    for patience in (stores._KV, stores._R2, stores._TAPE):
        for name in patience:
            monkeypatch.setitem(patience, name, seconds)
