"""The ways in which models set off code, calls, thoughts and ends in their replies."""
