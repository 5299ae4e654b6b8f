"""The tools that the page ships with."""

from tools.visit_webpage import Page, visit_webpage
from tools.web_search import SearchResult, web_search

__all__ = ["Page", "SearchResult", "visit_webpage", "web_search"]
