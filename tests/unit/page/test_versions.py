from page.versions import Versions


def test_of_three_versions_one_is_the_second() -> None:
    versions = Versions([["a", "b", "c"]])
    assert versions.place("b") == (2, 3)
    assert versions.place("z") == (1, 1)


def test_one_steps_from_one_to_the_next() -> None:
    versions = Versions([["a", "b", "c"]])
    assert versions.step("b", -1) == "a"
    assert versions.step("b", 1) == "c"
    assert versions.step("c", 1) is None
    assert versions.step("a", -1) is None
    assert versions.step("z", 1) is None


def test_a_new_version_comes_last() -> None:
    versions = Versions()
    versions.add("b", of="a")
    versions.add("c", of="b")
    versions.add("c", of="c")
    assert versions.place("c") == (3, 3)
    assert versions.place("a") == (1, 3)
