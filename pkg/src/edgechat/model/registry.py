"""Models by name (npm `ai` 7.0.173, `createProviderRegistry` and `customProvider`)."""

from collections.abc import Callable, Mapping

from edgechat.errors import NoSuchModelError, NoSuchProviderError
from edgechat.model.types import LanguageModel

type Provider = Callable[[str], LanguageModel]
"""Gives the model of an id."""


class ProviderRegistry:
    """A provider of ids such as "anthropic/claude-sonnet-4-5": the name of a provider, and an id of its own."""

    def __init__(self, providers: Mapping[str, Provider], separator: str) -> None:
        self._providers = providers
        self._separator = separator

    def language_model(self, id: str) -> LanguageModel:
        name, separator, model_id = id.partition(self._separator)
        if not separator:
            raise NoSuchModelError(id, f'An id here is "provider{self._separator}model".')
        if name not in self._providers:
            raise NoSuchProviderError(id, name, list(self._providers))
        return self._providers[name](model_id)

    __call__ = language_model


def create_provider_registry(providers: Mapping[str, Provider], *, separator: str = "/") -> ProviderRegistry:
    return ProviderRegistry(providers, separator)


def custom_provider(
    language_models: Mapping[str, LanguageModel | str], *, fallback_provider: Provider | None = None
) -> Provider:
    """Models under names of one's own. A text, and an unknown name, is an id for `fallback_provider`."""

    def provide(id: str) -> LanguageModel:
        model = language_models.get(id, id)
        if not isinstance(model, str):
            return model
        if fallback_provider is None:
            raise NoSuchModelError(model, f"Available models: {', '.join(language_models)}.")
        return fallback_provider(model)

    return provide
