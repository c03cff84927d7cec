"""Two people and a program without a session, for the attacks; and a service that fails as it is told."""

from collections.abc import Iterator

import httpx
import pytest
from live import Pop
from scripted_ai import ScriptedAI
from worker.failing import FailingPop
from worker.strangers import SECRET_TEXT, SOON, Patient, Person

from edgechat.ids import generate_id


@pytest.fixture(scope="module")
def server(chat_service: Pop) -> Iterator[httpx.Client]:
    """A program without a session, that gives up when an answer does not come soon."""
    with httpx.Client(base_url=chat_service.url, timeout=SOON, transport=Patient()) as client:
        yield client


@pytest.fixture(scope="module")
def victim(server: httpx.Client) -> Person:
    return Person(server)


@pytest.fixture(scope="module")
def chat(victim: Person) -> tuple[str, str]:
    """The ids of a chat of the victim, and of its answer."""
    mine = generate_id()
    return mine, victim.say(mine, SECRET_TEXT)


@pytest.fixture
def attacker(server: httpx.Client) -> Person:
    """A new one each time: nobody is to be refused only because they have asked too often."""
    return Person(server)


@pytest.fixture(scope="session")
def scripted_ai() -> Iterator[ScriptedAI]:
    ai = ScriptedAI()
    yield ai
    ai.close()


@pytest.fixture(scope="session")
def failing_pop(scripted_ai: ScriptedAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingPop]:
    options = (f"--upstream={scripted_ai.url}", f"--var=POP_AI_URL:{scripted_ai.url}")
    pop = FailingPop.start(tmp_path_factory.mktemp("failing"), *options)
    yield pop
    pop.stop()
