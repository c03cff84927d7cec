"""The Workers that are measured, each in a workerd of its own.

The processes are alike, binary, flags and model, and only one is asked at a time. One process for all would have one
thread for all, and what one Worker leaves behind, garbage and code still to be compiled, would be paid by the next.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pop import workerd
from pop.build import Build
from pop.project import Project, node

HERE = Path(__file__).parent
JS = HERE / "js"
AI = JS / "ai.mjs"
FLAGS = ["enable_request_signal"]

EDGECHAT = "edgechat"
AI_SDK = "AI SDK"
FLOOR = "hand-written JS"


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """Builds the Workers and runs them until the block ends. Answers their URLs by name."""
    project = Project(HERE / "worker" / "wrangler.toml")
    Build(project).run()
    modules = {EDGECHAT: _edgechat(project), AI_SDK: [_bundle(project), AI], FLOOR: [JS / "floor.mjs", AI]}
    bindings = {EDGECHAT: ['(name = "POP_AI", text = "AI")']}
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(workerd.serve(project.workerd, files, bindings.get(name, []), flags=FLAGS)).url
            for name, files in modules.items()
        }


def _edgechat(project: Project) -> list[Path]:
    """pop's modules, with the model of the benchmark in the place of pop's."""
    built = [path for path in sorted(project.build.iterdir()) if path.suffix in workerd.KINDS]
    others = [path for path in built if path.name not in ("main.mjs", AI.name)]
    return [project.build / "main.mjs", AI, *others]


def _bundle(project: Project) -> Path:
    """The AI SDK in one module, as wrangler would bundle it for a deploy."""
    target = project.home / "ai_sdk.mjs"
    options = [
        "--bundle",
        "--format=esm",
        "--conditions=workerd,worker,browser",
        '--define:process.env.NODE_ENV="production"',
        "--external:./ai.mjs",
        "--log-level=warning",
        f"--outfile={target}",
    ]
    command: list[str | Path] = [node(), project.npm("esbuild/bin/esbuild"), JS / "ai_sdk.mjs", *options]
    project.run(command, title="Bundling the AI SDK")
    return target
