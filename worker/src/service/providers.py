"""How models are reached by their ids.

`anthropic/...`, `openai/...` (Responses API) and `openai-chat/...` (Chat Completions API) are central models: by a key
in a secret, straight or through an AI Gateway, or without a key through the AI binding, where Cloudflare bills them.
All other ids are for Workers AI.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple, TypedDict

import msgspec

from edgechat.errors import APICallError, NoSuchModelError
from edgechat.model.anthropic import create_anthropic
from edgechat.model.middleware import Middleware, default_settings, wrap_language_model
from edgechat.model.openai import create_openai
from edgechat.model.prompt import AssistantMessage, ModelMessage, ReasoningFilePart, ReasoningPart, UserMessage
from edgechat.model.types import LanguageModel, ModelCall, PartStream, Sender
from edgechat.model.workers_ai import create_workers_ai
from service.bindings import Env

log = logging.getLogger("edgechat")

NOT_AVAILABLE = "This model is not available now. Please choose another one."
BUSY = "This model is busy now. Please try again in a moment, or choose another one."

_GATEWAY = "https://gateway.ai.cloudflare.com/v1"
_DEFAULT_GATEWAY = "default"
"""That of the account, which Cloudflare makes when it is first asked for."""

_GATEWAY_ERROR = "AiGatewayError"
"""By this name its own 401 can be told from that of a provider (cloudflare-docs, pull request 31050)."""
_NOT_FROM_HERE = ("unsupported_country_region_territory", "forbidden")
"""What OpenAI and Anthropic call a 403 for places that they do not serve."""

type Binding = Callable[[str | None], Sender]
"""The AI binding, through the AI Gateway of this id."""


class _Place(TypedDict, total=False):
    base_url: str
    headers: Mapping[str, str]


class _Central(NamedTuple):
    provider: str
    """As AI Gateway names it, and where Cloudflare bills."""
    secret: str
    """Has the key."""
    base_url: str
    """The variable that has another one."""
    gateway_path: str


_ANTHROPIC = _Central("anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "anthropic/v1")
_OPENAI = _Central("openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "openai")
_CENTRAL = {"anthropic": _ANTHROPIC, "openai": _OPENAI, "openai-chat": _OPENAI}


def is_reachable(env: Env, model_id: str) -> bool:
    """Whether what is configured is enough to ask the model. No I/O: whether a key is any good, its use shows."""
    central = _CENTRAL.get(model_id.partition("/")[0])
    return central is None or bool(env.var(central.secret) or env.var("UNIFIED_BILLING"))


def language_model(env: Env, model_id: str, binding: Binding) -> LanguageModel:
    """The model of an id. One that is not reachable says so when it is called, so that another one can be asked."""
    api, _, name = model_id.partition("/")
    central = _CENTRAL.get(api)
    if central is None:
        return create_workers_ai(binding(None))(model_id)
    if not is_reachable(env, model_id):
        return _Unreachable(model_id, central)
    middleware = [_FORGETFUL]
    if reasoning := env.limits.reasoning(model_id):
        middleware.append(default_settings(reasoning=reasoning))
    key = env.var(central.secret)
    if key:
        model = _by_key(env, api, name, key.strip(), central)
    else:
        gateway = (env.var("AI_GATEWAY") or _DEFAULT_GATEWAY).rpartition("/")[2]
        model = create_workers_ai(binding(gateway))(f"{central.provider}/{name}")
    return _CentralModel(model_id, wrap_language_model(model, middleware), central, by_key=bool(key))


def _by_key(env: Env, api: str, name: str, key: str, central: _Central) -> LanguageModel:
    place: _Place = {}
    if base_url := env.var(central.base_url):
        place["base_url"] = base_url
    elif gateway := env.var("AI_GATEWAY"):
        place["base_url"] = f"{_GATEWAY}/{gateway}/{central.gateway_path}"
        if token := env.var("AI_GATEWAY_TOKEN"):
            place["headers"] = {"cf-aig-authorization": f"Bearer {token.strip()}"}
    if api == "anthropic":
        return create_anthropic(env.fetch, api_key=key, **place)(name)
    openai = create_openai(env.fetch, api_key=key, **place)
    if api == "openai-chat":
        return openai.chat(name)
    # The history is ours: OpenAI has nothing to keep, and nothing of it can be missing there one day.
    return wrap_language_model(openai(name), default_settings(provider_options={"openai": {"store": False}}))


async def _forget(call: ModelCall, model: LanguageModel) -> ModelCall:  # noqa: ARG001
    """Without the reasoning of earlier turns.

    Of what came before a thought of theirs, newer Claude models allow no change (Anthropic docs, Preserved thinking): a
    history that is shortened, summarised or branched would be a 400. Within a turn, between calls of tools, it is sent.
    """
    turn = max((at for at, message in enumerate(call.messages) if isinstance(message, UserMessage)), default=0)
    earlier = [kept for message in call.messages[:turn] if (kept := _without_reasoning(message))]
    return msgspec.structs.replace(call, messages=[*earlier, *call.messages[turn:]])


def _without_reasoning(message: ModelMessage) -> ModelMessage | None:
    if not isinstance(message, AssistantMessage) or isinstance(message.content, str):
        return message
    content = [part for part in message.content if not isinstance(part, ReasoningPart | ReasoningFilePart)]
    return msgspec.structs.replace(message, content=content) if content else None


_FORGETFUL = Middleware(transform_call=_forget)


class _CentralModel:
    """A `LanguageModel` under its whole id, that tells the operator why it fails."""

    def __init__(self, model_id: str, model: LanguageModel, central: _Central, *, by_key: bool) -> None:
        self.provider = model.provider
        self.model_id = model_id
        self._model = model
        self._central = central
        self._by_key = by_key

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator[PartStream]:
        try:
            async with self._model.stream(call) as stream:
                yield stream
        except APICallError as error:
            self._tell(error)
            raise

    def _tell(self, error: APICallError) -> None:
        """In words of our own: those of the server may quote what it was told."""
        advice, public = self._advice(error)
        if public:
            error.public_message = public
        level = logging.WARNING if error.is_retryable else logging.ERROR
        log.log(level, "%s failed (status %s, code %s): %s", self.model_id, error.status, error.code, advice)

    def _advice(self, error: APICallError) -> tuple[str, str | None]:
        """For the operator, and for people who chat."""
        secret = self._central.secret
        account = self._central.provider if self._by_key else "Cloudflare"
        if error.code == "insufficient_quota":
            return f"the account at {account} has no credit left.", NOT_AVAILABLE
        if error.code in _NOT_FROM_HERE:
            return f"{account} takes no requests from where this Worker runs: docs/providers.md.", NOT_AVAILABLE
        match error.status:
            case 401 if _GATEWAY_ERROR in str(error):
                return "the AI Gateway wants a valid token: set AI_GATEWAY_TOKEN anew.", NOT_AVAILABLE
            case 401 | 403 if not self._by_key:
                return "Cloudflare does not bill it, or not to this account: see docs/providers.md.", NOT_AVAILABLE
            case 401:
                return f"{account} takes no such key: set {secret} anew.", NOT_AVAILABLE
            case 402 if not self._by_key:
                return "the account has no credits for AI Gateway, or the gateway no authentication.", NOT_AVAILABLE
            case 402:
                return f"the account at {account} has no credit left.", NOT_AVAILABLE
            case 403:
                return f"the key in {secret} may not use this model.", NOT_AVAILABLE
            case 404:
                return f"{account} has no such model. Correct its id in [vars.LIMITS.models].", NOT_AVAILABLE
            case 400:
                return f"{account} refused the request. Anthropic does so too where no credit is left.", None
            case 429:
                return f"the limits of the account at {account} are reached.", BUSY
            case 503 | 529:
                return f"{account} is overloaded.", BUSY
            case None:
                return f"the connection to {account} could not be made, or was lost.", BUSY
        return f"{account} failed.", None


class _Unreachable:
    """A `LanguageModel` that nobody has made ready. Its error is no `APICallError`: trying again does not help."""

    def __init__(self, model_id: str, central: _Central) -> None:
        self.provider = central.provider
        self.model_id = model_id
        self._secret = central.secret

    def stream(self, call: ModelCall) -> AbstractAsyncContextManager[PartStream]:  # noqa: ARG002
        advice = f"Set its key (wrangler secret put {self._secret}), or UNIFIED_BILLING: see docs/providers.md."
        log.error("%s cannot be asked. %s", self.model_id, advice)
        error = NoSuchModelError(self.model_id, advice)
        error.public_message = NOT_AVAILABLE
        raise error
