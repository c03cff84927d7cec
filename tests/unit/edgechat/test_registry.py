import pytest

from edgechat.errors import NoSuchModelError, NoSuchProviderError
from edgechat.model.registry import create_provider_registry, custom_provider
from edgechat.model.types import LanguageModel
from edgechat.testing import FakeModel


def workers_ai(model_id: str) -> LanguageModel:
    return FakeModel(provider="workers-ai", model_id=model_id)


def anthropic(model_id: str) -> LanguageModel:
    return FakeModel(provider="anthropic", model_id=model_id)


REGISTRY = create_provider_registry({"workers-ai": workers_ai, "anthropic": anthropic})


def test_an_id_is_a_provider_and_a_model() -> None:
    model = REGISTRY.language_model("workers-ai/@cf/meta/llama-3.1-8b-instruct")
    assert (model.provider, model.model_id) == ("workers-ai", "@cf/meta/llama-3.1-8b-instruct")


def test_the_separator_can_be_another() -> None:
    registry = create_provider_registry({"anthropic": anthropic}, separator=" > ")
    assert registry.language_model("anthropic > claude").model_id == "claude"


def test_an_unknown_provider_is_refused_with_those_there_are() -> None:
    with pytest.raises(NoSuchProviderError, match="'openai' is not one of: workers-ai, anthropic") as caught:
        REGISTRY.language_model("openai/gpt-5")
    assert (caught.value.model_id, caught.value.provider) == ("openai/gpt-5", "openai")
    assert caught.value.available == ["workers-ai", "anthropic"]


def test_an_id_without_a_provider_is_refused_with_the_form_it_should_have() -> None:
    with pytest.raises(NoSuchModelError, match="provider/model") as caught:
        REGISTRY.language_model("gpt-5")
    assert not isinstance(caught.value, NoSuchProviderError)


def test_a_custom_provider_has_models_under_names_of_ones_own() -> None:
    fast = workers_ai("@cf/x")
    provider = custom_provider({"fast": fast})
    assert provider("fast") is fast
    with pytest.raises(NoSuchModelError, match="Available models: fast"):
        provider("smart")


def test_a_custom_provider_asks_another_for_aliases_and_for_what_it_does_not_know() -> None:
    provider = custom_provider({"smart": "anthropic/claude"}, fallback_provider=REGISTRY)
    assert provider("smart").model_id == "claude"
    assert provider("workers-ai/@cf/x").model_id == "@cf/x"


def test_an_alias_without_a_provider_to_ask_is_refused() -> None:
    with pytest.raises(NoSuchModelError, match="'anthropic/claude'"):
        custom_provider({"smart": "anthropic/claude"})("smart")


def test_providers_can_be_nested() -> None:
    registry = create_provider_registry(
        {"my": custom_provider({"fast": "anthropic/haiku"}, fallback_provider=REGISTRY)}
    )
    assert registry.language_model("my/fast").model_id == "haiku"
