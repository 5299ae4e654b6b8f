"""What stands between the network and the app: each request passes these in turn, before Gradio sees it.

content_policy   what a browser may do with the answers (content security policy and the like)
allowed_routes   what can be reached at all; everything else that Gradio serves is not there
origins          pages of other sites get nothing, and can send nothing
open_requests    how many requests of one visitor go on at the same time
uploads          how much one visitor and all together may upload
bodies           how much any other request may bring
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
    """All of it, the outermost first."""
    return [
        Middleware(SecurityHeaders, config=config),
        Middleware(AllowedRoutesOnly),
        Middleware(OwnPagesOnly, config=config),
        Middleware(BoundedRequests, config=config),
        Middleware(BoundedUploads, config=config),
        Middleware(BoundedBodies),
    ]
