from answers import answer  # type: ignore[import-not-found]
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from edgechat.platform.host import StreamResponse, stream_response


async def post(request: Request) -> StreamResponse:
    return stream_response(answer(request.path_params["name"], await request.body()))


app = Starlette(routes=[Route("/{name}", post, methods=["POST"])])
