"""Middleware that each request passes, in this order, before Gradio sees it.

content_policy   headers that restrict what browsers do with responses (content security policy and others)
allowed_routes   the routes that can be reached; everything else that Gradio serves is blocked
origins          refuses requests from pages of other sites
open_requests    limits how many requests of one visitor are in progress
uploads          limits how much one visitor uploads
bodies           limits the bodies of all other requests
"""

from starlette.middleware import Middleware

from ui.config import Config
from ui.security.allowed_routes import AllowedRoutesOnly
from ui.security.bodies import BoundedBodies
from ui.security.content_policy import SecurityHeaders
from ui.security.open_requests import BoundedRequests
from ui.security.origins import OwnPagesOnly
from ui.security.uploads import BoundedUploads


def middleware(config: Config) -> list[Middleware]:
    """Return the middleware, the outermost first."""
    return [
        Middleware(SecurityHeaders, config=config),
        Middleware(AllowedRoutesOnly),
        Middleware(OwnPagesOnly, config=config),
        Middleware(BoundedRequests, config=config),
        Middleware(BoundedUploads, config=config),
        Middleware(BoundedBodies),
    ]
