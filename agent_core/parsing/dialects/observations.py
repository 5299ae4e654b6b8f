"""Results that a model makes up ("Observation: 5"), which end the action before them."""

import re

OBSERVATION = re.compile(r"^\s*\**(?:Observations?|Output|Execution (?:result|logs|output)s?|Tool output)\**\s*:")
