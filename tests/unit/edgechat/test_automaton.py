import pytest

from edgechat.routing.automaton import Automaton


def is_found(pattern: str, text: str) -> bool:
    state = Automaton([pattern]).start
    for letter in text:
        state = state.after(letter)
        if state.is_end:
            return True
    return False


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a b, 'c'", "ab,c"),
        ("(a|bc|)d", "d"),
        ("(a|bc|)d", "bcd"),
        ("ab?c", "ac"),
        ("ab?c", "abc"),
        ("(ab)?c", "c"),
        ("(a|b)*c", "abbac"),
        ("((a b?)* c)*d", "abaccd"),
        ("a[2]b", "ab"),
        ("a[2]b", "axxb"),
        ("a~b", "axxxxb"),
        ("a~b", "a,x,b"),
        ("ab", "a,b"),
        ("a.", "a."),
        ("(a!b|ac)", "ab"),
        ("(ab$|c)d", "ab"),
    ],
)
def test_a_pattern_finds(pattern: str, text: str) -> None:
    assert is_found(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("ab", "a"),
        ("ab", "b"),
        ("(a|b)*c", "abxc"),
        ("a[2]b", "axxxb"),
        ("a~b", "ax.b"),
        ("a,b", "ab"),
        ("a.", "a,"),
        ("(a!b|ac)", "ac"),
        ("a(bc@)?~.", "abcd."),
    ],
)
def test_a_pattern_does_not_find(pattern: str, text: str) -> None:
    assert not is_found(pattern, text)


def test_a_text_that_no_pattern_has_is_dead_at_once() -> None:
    assert Automaton(["ab", "c~d"]).start.after("x").is_dead


def test_texts_that_come_to_the_same_share_their_states() -> None:
    start = Automaton(["a[3]b", "(c|d)*e"]).start
    assert start.after("a").after("x") is start.after("a").after("y")
    assert start.after("c") is start.after("d")


def test_it_keeps_only_so_many_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgechat.routing.automaton._KEPT", 3)
    state = start = Automaton(["abcdef"]).start
    for letter in "abcdef":
        state = state.after(letter)
    assert state.is_end
    assert start.after("a").after("b") is start.after("a").after("b")
    assert start.after("a").after("b").after("c") is not start.after("a").after("b").after("c")
