"""Measurements of Glassbox, each beside its peer in the same run."""
