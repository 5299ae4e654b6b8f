"""Results that a model makes up itself ("Observation: 5"): the action before them ends there."""

import re

OBSERVATION = re.compile(r"^\s*\**(?:Observations?|Output|Execution (?:result|logs|output)s?|Tool output)\**\s*:")
