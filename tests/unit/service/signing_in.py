"""A service that one can sign in to, for the tests of it."""

import json
from collections.abc import Mapping
from typing import Any

from fakes import Env, database, request
from issuing import AUDIENCE, ISSUER, ec_key, rsa_key, verify

from edgechat.ids import generate_id
from edgechat.testing import FakeFetch, FakeKV
from service import auth
from service.auth import turnstile
from service.routes import respond
from service.stores import within_reach
from service.web import HTTPError, Response

SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


class Service(Env):
    """With an issuer at an address that no cache has seen. Variables of None are not set."""

    def __init__(self, **variables: str | None) -> None:
        oidc = {"OIDC_ISSUER": ISSUER, "OIDC_AUDIENCE": AUDIENCE, "OIDC_JWKS_URL": f"{ISSUER}/{generate_id()}"}
        self.variables: dict[str, str | None] = {**oidc, **variables}
        self.database = database()
        self.cache = FakeKV(limits_writes=False)
        self.network = FakeFetch(self.answer)
        self.solved = {"solved"}
        """What Turnstile takes."""

    def answer(self, sent: Any) -> str:
        if sent.url == turnstile.URL:
            token = sent.body.decode().split("response=")[1].split("&")[0]
            return json.dumps({"success": token in self.solved})
        return json.dumps({"keys": [rsa_key().jwk, ec_key().jwk]})

    @property
    def db(self) -> Any:
        return self.database

    @property
    def kv(self) -> Any:
        return self.cache

    @property
    def fetch(self) -> FakeFetch:
        return self.network

    async def verify(self, alg: str, jwk: Mapping[str, str], signature: bytes, data: bytes) -> bool:
        return await verify(alg, jwk, signature, data)

    def var(self, name: str) -> str | None:
        return self.variables.get(name)

    async def ask(
        self, method: str, path: str, body: object = b"", headers: Mapping[str, str] | None = None
    ) -> Response:
        return await respond(request(method, path, body, headers), self)

    async def lets_in(self, headers: Mapping[str, str]) -> bool:
        """Whether a session holds."""
        try:
            await auth.require_active_user(request("GET", headers=headers), within_reach(self))
        except HTTPError as error:
            if error.code == "unauthorized":
                return False
            raise
        return True

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.database.prepare(query).bind(*values).all())["results"]
        return found


def body_of(response: Response) -> Any:
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


def code_of(response: Response) -> tuple[int, str]:
    return response.status, body_of(response)["error"]["code"]


def cookie_of(response: Response) -> dict[str, str]:
    """What a browser sends along from then on."""
    return {"cookie": response.headers["set-cookie"].partition(";")[0]}


def cookie(user_id: str) -> dict[str, str]:
    token = auth.sign(auth.new_session(auth.User(user_id)), Env.session_secret)
    return {"cookie": f"{auth.COOKIE}={token}"}
