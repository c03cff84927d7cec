import pytest

from edgechat.errors import APICallError
from edgechat.testing.fetch import FakeFetch, HTTPAnswer
from edgechat.testing.script import drop
from page.api import API

CHAT = '{"id":"c","title":"Sea","headId":"a","createdAt":1,"updatedAt":2,"isArchived":false'
OPEN = CHAT + ',"messages":[{"id":"q","role":"user","parts":[{"type":"text","text":"Hi"}]}],"versions":[["q","q2"]]}'


async def test_a_conversation_comes_with_its_messages_and_their_versions() -> None:
    fetch = FakeFetch(OPEN)
    found = await API(fetch).open("c")
    assert found is not None
    assert [message.text for message in found.decode()] == ["Hi"]
    assert found.versions == [["q", "q2"]]
    assert fetch.requests[0].url == "/api/chats/c"


async def test_a_conversation_that_is_not_there_yet_is_none() -> None:
    assert await API(FakeFetch(HTTPAnswer(status=404))).open("c") is None


async def test_what_was_written_is_seen_by_what_is_read_next() -> None:
    fetch = FakeFetch(HTTPAnswer(OPEN, headers={"x-d1-bookmark": "b1"}), OPEN, OPEN)
    api = API(fetch)
    await api.rename("c", "Ocean")
    await api.open("c")
    await api.open("c")
    assert fetch.requests[0].json() == {"title": "Ocean"}
    assert [request.headers.get("x-d1-bookmark") for request in fetch.requests] == [None, "b1", "b1"]


async def test_the_list_goes_on_at_its_cursor() -> None:
    fetch = FakeFetch('{"chats":[' + CHAT + '}],"cursor":"2.c"}', '{"chats":[],"cursor":null}')
    api = API(fetch)
    page = await api.conversations()
    assert [one.title for one in page.chats] == ["Sea"]
    assert (await api.conversations(page.cursor)).cursor is None
    assert fetch.requests[1].url == "/api/chats?cursor=2.c"


async def test_words_to_search_for_are_quoted() -> None:
    fetch = FakeFetch('{"results":[]}')
    await API(fetch).search("salt & sea")
    assert fetch.requests[0].url == "/api/search?q=salt%20%26%20sea"


async def test_a_refusal_says_what_the_service_says_and_when_to_come_back() -> None:
    body = '{"error":{"code":"daily_messages","message":"Enough for today."}}'
    with pytest.raises(APICallError) as caught:
        await API(FakeFetch(HTTPAnswer(body, status=429, headers={"retry-after": "3600"}))).models()
    error = caught.value
    assert (error.status, error.code, error.public_message) == (429, "daily_messages", "Enough for today.")
    assert error.retry_after == 3600


async def test_a_page_of_a_proxy_is_not_shown() -> None:
    with pytest.raises(APICallError) as caught:
        await API(FakeFetch(HTTPAnswer("<h1>Bad gateway at 10.0.0.1</h1>", status=502))).usage()
    assert "10.0.0.1" not in caught.value.public_message
    assert caught.value.retry_after is None


@pytest.mark.parametrize("body", ["", "[]", "<html>", '{"default":1}'])
async def test_an_answer_of_another_shape_is_an_error(body: str) -> None:
    with pytest.raises(APICallError, match="something else"):
        await API(FakeFetch(body)).models()


async def test_a_recording_is_sent_as_it_is() -> None:
    fetch = FakeFetch('{"text":"Where to?","language":"en","seconds":1.5}')
    assert await API(fetch).transcribe(b"OggS") == "Where to?"
    (sent,) = fetch.requests
    assert (sent.body, sent.headers["content-type"]) == (b"OggS", "application/octet-stream")


async def test_what_was_heard_may_come_as_nonsense() -> None:
    with pytest.raises(APICallError, match="something else"):
        await API(FakeFetch("<html>")).transcribe(b"OggS")


async def test_without_a_network_there_is_no_status() -> None:
    with pytest.raises(APICallError) as caught:
        await API(FakeFetch(drop())).conversations()
    assert caught.value.status is None


async def test_what_is_gone_already_counts_as_deleted() -> None:
    await API(FakeFetch(HTTPAnswer(status=404))).delete("c")
