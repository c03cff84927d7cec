"""Stores that are out of reach."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from service import generations, objects, stores

SOON = 0.01


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


def lose_patience(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """With these: "db", "kv", "r2", "tape". The others may be as slow as a busy machine makes them."""
    if "db" in names:
        monkeypatch.setattr(stores, "DATABASE", SOON)
    if "kv" in names:
        monkeypatch.setattr("service.history.tail.PATIENCE", SOON)
    if "r2" in names:
        monkeypatch.setattr(stores, "FILES", SOON)
        monkeypatch.setattr(objects, "FILES", SOON)
    if "tape" in names:
        monkeypatch.setattr(generations, "PATIENCE", SOON)
    for name, patience in {"kv": stores._KV, "r2": stores._R2, "tape": stores._TAPE}.items():
        for method in patience if name in names else ():
            monkeypatch.setitem(patience, method, SOON)
