"""Stand-ins for the platform, for tests of the service alone."""

import json
import tomllib
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edgechat.http import Fetch
from edgechat.model.speech import SpeechModel, TranscriptionModel
from edgechat.model.types import LanguageModel
from edgechat.routing import Classifier
from edgechat.testing import FakeD1
from service import auth
from service.bindings import Tape
from service.settings import Limits, Routing, read_limits, read_routing
from service.web import Request

ROOT = Path(__file__).parents[3]
MIGRATIONS = ROOT / "worker" / "migrations"
ORIGIN = "https://chat.example.org"


def request(
    method: str = "GET", path: str = "/", body: object = b"", headers: Mapping[str, str] | None = None
) -> Request:
    """A request whose body is bytes as they are, or anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content-type": "application/json"} | dict(headers or {})

    async def read(limit: int) -> bytes | None:
        return data if len(data) <= limit else None

    async def store(
        bucket: Any, key: str, size: int, check: Callable[[bytes], None], options: Mapping[str, Any]
    ) -> bool:
        check(data[:512])
        if len(data) == size:
            await bucket.put(key, data, {**options, "onlyIf": {"etagDoesNotMatch": "*"}})
        return len(data) == size

    return Request(method, path, given, read, ORIGIN, store)


def database() -> FakeD1:
    """As the migrations make it."""
    return FakeD1("".join(path.read_text() for path in sorted(MIGRATIONS.glob("*.sql"))))


def bearer(user_id: str) -> dict[str, str]:
    """The header of a session that this user has."""
    return {"authorization": f"Bearer {auth.sign(auth.new_session(auth.User(user_id)), Env.session_secret)}"}


@cache
def production_limits() -> Limits:
    """Those of wrangler.toml."""
    return read_limits(_variable("LIMITS"))


@cache
def production_routing() -> Routing:
    """That of wrangler.toml."""
    return read_routing(_variable("ROUTING"), _variable("LIMITS"))


def _variable(name: str) -> str:
    return json.dumps(tomllib.loads((ROOT / "wrangler.toml").read_text())["vars"][name])


class Env:
    """Bindings that may be asked for nothing but the secret."""

    session_secret = "s" * 32

    @property
    def db(self) -> Any:
        raise AssertionError("the database was asked")

    @property
    def kv(self) -> Any:
        raise AssertionError("KV was asked")

    @property
    def r2(self) -> Any:
        raise AssertionError("R2 was asked")

    @property
    def burst(self) -> Any:
        return None

    @property
    def limits(self) -> Limits:
        return production_limits()

    @property
    def routing(self) -> Routing | None:
        return None

    @property
    def classifier(self) -> Classifier:
        raise AssertionError("the classifier was asked")

    @property
    def fetch(self) -> Fetch:
        raise AssertionError("the network was asked")

    def model(self, model_id: str) -> LanguageModel:
        raise AssertionError(f"{model_id} was asked")

    def transcription(self, model_id: str) -> TranscriptionModel:
        raise AssertionError(f"{model_id} was asked")

    def voice(self, model_id: str) -> SpeechModel:
        raise AssertionError(f"{model_id} was asked")

    def tape(self, user_id: str, chat_id: str) -> Tape | None:
        return None

    def wait_until(self, work: Coroutine[Any, Any, None]) -> None:
        raise AssertionError("work was started")

    async def verify(self, alg: str, jwk: Mapping[str, str], signature: bytes, data: bytes) -> bool:
        raise AssertionError("the platform's crypto was asked")

    def var(self, name: str) -> str | None:
        return None
