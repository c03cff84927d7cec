import pytest

from edgechat.model.openai_models import openai_model, supported_effort


@pytest.mark.parametrize(
    "model_id", ["gpt-5", "gpt-5-nano-2025-08-07", "gpt-5.1-chat-latest", "gpt-6-sol", "o1", "o4-mini"]
)
def test_these_models_reason(model_id: str) -> None:
    assert openai_model(model_id).is_reasoning


@pytest.mark.parametrize("model_id", ["gpt-4o", "gpt-4.1-nano", "gpt-5-chat-latest", "gpt-oss-120b", "llama", "ox"])
def test_these_do_not(model_id: str) -> None:
    assert not openai_model(model_id).is_reasoning


def test_models_of_one_generation_may_differ() -> None:
    assert openai_model("gpt-6-sol").samples_without_effort
    assert not openai_model("gpt-6-astra").samples_without_effort
    assert not openai_model("gpt-5.6-luna").chat_reasons_with_tools


def test_an_effort_that_a_model_has_not_becomes_the_next_lower_one() -> None:
    warnings: list[str] = []
    assert supported_effort("max", openai_model("gpt-5.2").efforts, warnings) == "xhigh"
    assert supported_effort("minimal", openai_model("gpt-5.1").efforts, warnings) == "low"
    assert len(warnings) == 2


def test_no_effort_is_chosen_only_where_it_is_wanted() -> None:
    assert supported_effort("none", ("none", "low"), []) == "none"
    assert supported_effort("none", ("minimal", "low"), []) == "minimal"
    assert supported_effort("low", ("none",), []) is None


def test_all_efforts_are_tried_with_unknown_models() -> None:
    warnings: list[str] = []
    assert supported_effort("max", openai_model("my-own").efforts, warnings) == "max"
    assert warnings == []
