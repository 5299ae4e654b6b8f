"""Shows what code displays with scripts: in a frame that has no origin, no network and no access to the page."""
