"""placeholder until merged"""

from starlette.requests import HTTPConnection

from ui.config import Config


def visitor_of(request: HTTPConnection, config: Config) -> str:
    return request.client.host if request.client else ""
