import edgechat.testing


def test_the_public_names_are_sorted_and_there() -> None:
    names = edgechat.testing.__all__
    assert names == sorted(names)
    assert all(hasattr(edgechat.testing, name) for name in names)
