"""The command `pop`."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from pop.errors import PopError


def main() -> None:
    options = _parser().parse_args()
    try:
        options.run(options)
    except PopError as error:
        sys.exit(f"pop: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pop", description="Run a Cloudflare Python Worker without Cloudflare.")
    commands = parser.add_subparsers(title="commands", required=True)

    build = commands.add_parser("build", help="build the Worker and check what Cloudflare would refuse")
    build.set_defaults(run=_build)

    dev = commands.add_parser("dev", help="build, then run the Worker and a local Workers AI")
    dev.add_argument("--port", type=int, default=8787, help="where the Worker listens (default: %(default)s)")
    dev.add_argument("--state", type=Path, help="where D1, KV, R2 and Durable Objects are kept (default: .pop/state)")
    dev.add_argument("--var", action="append", default=[], metavar="NAME:VALUE", help="a variable of the Worker's")
    dev.set_defaults(run=_dev)

    ai = commands.add_parser("ai", help="run only the local Workers AI")
    ai.add_argument("--port", type=int, default=8788, help="where it listens (default: %(default)s)")
    ai.set_defaults(run=_ai)

    for command in (build, dev):
        command.add_argument("--config", type=Path, default=Path("wrangler.toml"), help="default: %(default)s")
    for command in (dev, ai):
        command.add_argument("--upstream", metavar="URL", help="an OpenAI-compatible server to answer instead")
    return parser


# Each command imports what it needs: the local AI without the build tools, and the other way round.


def _build(options: argparse.Namespace) -> None:
    from pop.build import Build
    from pop.project import Project

    Build(Project(options.config.resolve())).run()


def _dev(options: argparse.Namespace) -> None:
    from pop.dev import Dev
    from pop.project import Project

    project = Project(options.config.resolve(), options.state and options.state.resolve())
    dev = Dev(project, port=options.port, upstream=options.upstream, variables=options.var)
    asyncio.run(_until_stopped(dev.run()))


def _ai(options: argparse.Namespace) -> None:
    from pop.ai.serve import serve

    asyncio.run(serve(options.port, options.upstream))


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Runs until Ctrl-C or SIGTERM, which cancel the work and let it clean up."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    main()
