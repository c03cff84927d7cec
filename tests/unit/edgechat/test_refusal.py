import pytest

from edgechat.routing import RefusalDetector

REFUSALS = [
    "I'm sorry, but I can't assist with that.",
    "I cannot help with that request.",
    "As an AI language model, I don't have feelings.",
    "I don't know.",
    "I don't know",
    "I\u2019m not sure what you mean.",
    "Unfortunately, I don't have access to real-time data.",
    "I am sorry.\n\nI cannot answer this.",
    "**I apologize** for the confusion, but I am not able to do this.",
    "Es tut mir leid, aber ich kann dir dabei nicht helfen.",
    "Leider kann ich diese Frage nicht beantworten.",
    "Das weiß ich leider nicht.",
    "Je suis désolé, mais je ne peux pas vous aider.",
    "Je ne sais pas.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "No sé la respuesta.",
    "申し訳ありませんが、お手伝いできません。",
    "わかりません。",
    "很抱歉\uff0c我无法回答这个问题。",
    "我不知道。",
]

ANSWERS = [
    "The capital of France is Paris.",
    "I can help you with that!",
    "I can't wait to tell you.",
    "I'm sorry to hear about your dog.",
    "Sorry to hear that! Here is what you can do.",
    "I don't know about you, but I like tea.",
    "As an example, take the number 7.",
    "Unfortunately for Napoleon, winter came.",
    "I am an AI.",
    "No problem! It is done.",
    "Es tut mir leid, das zu hören.",
    "Ich kann das gerne erklären.",
    "Je suis désolé d'apprendre cela.",
    "Lo siento mucho por tu pérdida.",
    "No hay problema.",
    "すみません、もう少し詳しく教えてください。",
    "我认为是这样的。",
    "",
    "...",
]


def is_refusal(*deltas: str) -> bool:
    detector = RefusalDetector()
    for delta in deltas:
        verdict = detector.feed(delta)
        if verdict is not None:
            return verdict
    return detector.close()


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_seen(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_none(text: str) -> None:
    assert not is_refusal(text)


@pytest.mark.parametrize("text", [*REFUSALS, *ANSWERS])
def test_it_does_not_matter_how_the_text_is_cut(text: str) -> None:
    assert is_refusal(*text) == is_refusal(text)


@pytest.mark.parametrize("text", ["The", " Paris", "2", "Here", "Der", "Die", "It", "El", "東京", "北京"])
def test_an_ordinary_first_word_decides(text: str) -> None:
    assert RefusalDetector().feed(text) is False


def test_what_may_still_be_a_refusal_is_undecided() -> None:
    detector = RefusalDetector()
    assert [detector.feed(delta) for delta in ("I", "'m", " sorry", " to", " hear")] == [None] * 4 + [False]


def test_no_answer_is_undecided_for_long() -> None:
    detector = RefusalDetector()
    assert detector.feed("I'm sorry, for " + "x" * 100) is False


@pytest.mark.parametrize(
    "hedge",
    [
        "I don't know who said it first, but it is an old saying.",
        "I can't diagnose this, but a rash after new soap is usually an allergy.",
        "Ich habe keine genauen Zahlen, aber es sind rund 60 Prozent.",
        "Je ne sais pas qui l'a dit, mais c'est un vieux proverbe.",
        "No sé quién lo dijo, pero es un viejo refrán.",
        "誰が言ったかは分かりませんが、古いことわざです。",
        "我不知道是谁说的\uff0c但这是一句老话。",
    ],
)
def test_a_but_makes_an_answer_of_it(hedge: str) -> None:
    assert not is_refusal(*hedge)


@pytest.mark.parametrize(
    "piece", ["I understand ", "unfortunately, but ", "すみませんが", "我", "no, ", "(", "i can't ", "x"]
)
def test_a_hostile_text_is_decided_soon(piece: str) -> None:
    detector = RefusalDetector()
    verdicts = [detector.feed(character) for character in (piece * 400)[:400]]
    assert any(verdict is not None for verdict in verdicts) or piece == "("
