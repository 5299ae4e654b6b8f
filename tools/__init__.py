"""The tools that the page ships with."""

from tools.ask_user import ask_user
from tools.visit_webpage import Page, visit_webpage
from tools.web_search import SearchResult, web_search

__all__ = ["Page", "SearchResult", "ask_user", "visit_webpage", "web_search"]
