"""HQ as an ASGI application: the steps of a sync, and what is asked without a signature."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from butler_tui import crash_log
from butler_tui.hq import blob_routes, offer_routes, routes
from butler_tui.hq.routes import Answer, Hall, answered
from butler_tui.sync.protocol import AUTHORITY_PATH, Code, path_of


def application(hall: Hall, log: Path) -> Starlette:
    """Return the application that answers with `hall`; what nobody foresaw is written to `log`, never answered."""

    async def not_found(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return JSONResponse({"code": Code.NOT_FOUND}, status)

    posts: dict[str, Answer] = {
        "enrol": routes.enrol,
        "hello": routes.hello,
        "push": routes.push,
        "pull": routes.pull,
        "pins": routes.pins,
        "compare": routes.compare,
        **offer_routes.POSTS,
        **blob_routes.POSTS,
    }
    app = Starlette(
        routes=[
            *(
                Route(path_of("{estate}", step), _endpoint(hall, answer, log), methods=["POST"])
                for step, answer in posts.items()
            ),
            Route(AUTHORITY_PATH, _endpoint(hall, routes.authority, log), methods=["GET"]),
            Route("/healthz", _endpoint(hall, routes.healthz, log), methods=["GET"]),
        ],
        exception_handlers={HTTPException: not_found},
    )
    app.router.redirect_slashes = False  # what is signed stands in one place, and HQ sends nobody elsewhere
    return app


def _endpoint(hall: Hall, answer: Answer, log: Path) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await answered(hall, answer, request)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            crash_log.keep(log, error)
            hall.outages.failed(log)
            return JSONResponse({"code": Code.FAILED}, 500)

    return endpoint
