import pytest

from edgechat.errors import InvalidArgumentError, UnsupportedFunctionalityError
from edgechat.model.files import data_url, full_media_type, inline, kind_of, reference_for
from edgechat.model.prompt import FileData, FileReference, FileURL

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("media_type", ["image/png", "image/*", "image/", "image"])
def test_the_kind_of_a_media_type_is_its_first_half(media_type: str) -> None:
    assert kind_of(media_type) == "image"


@pytest.mark.parametrize(
    ("kind", "data", "found"),
    [
        ("image/*", PNG, "image/png"),
        ("image", b"\xff\xd8\xff", "image/jpeg"),
        ("image", b"RIFF\0\n\0\0WEBPVP8 ", "image/webp"),
        ("audio", b"RIFF\0\n\0\0WAVEfmt ", "audio/wav"),
        ("audio/*", b"ID3\x04", "audio/mpeg"),
        ("video", b"\0\0\0\x18ftypmp42", "video/mp4"),
        ("application", b"%PDF-1.7", "application/pdf"),
    ],
)
def test_a_media_type_is_completed_from_the_data(kind: str, data: bytes, found: str) -> None:
    assert full_media_type(kind, FileData(data)) == found


def test_a_full_media_type_is_taken_as_it_is() -> None:
    assert full_media_type("image/x-own", FileData(PNG)) == "image/x-own"


@pytest.mark.parametrize("source", [FileData(b"?"), FileURL("https://example.com/a.png")])
def test_a_media_type_that_cannot_be_completed_is_refused(source: FileData | FileURL) -> None:
    with pytest.raises(UnsupportedFunctionalityError, match="image/png"):
        full_media_type("image/*", source)


def test_a_data_url_is_its_data() -> None:
    assert inline(FileURL(data_url("image/png", PNG))) == FileData(PNG)
    assert inline(FileURL("data:text/plain,a%20b")) == FileData(b"a b")


def test_other_sources_stay_what_they_are() -> None:
    url = FileURL("https://example.com/a.png")
    assert inline(url) is url


def test_a_broken_data_url_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="Base64"):
        inline(FileURL("data:image/png;base64,abc"))


def test_an_uploaded_file_is_known_by_its_provider() -> None:
    uploaded = FileReference({"openai": "file-1"})
    assert reference_for("openai", uploaded) == "file-1"
    with pytest.raises(InvalidArgumentError, match="anthropic"):
        reference_for("anthropic", uploaded)
