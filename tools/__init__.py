"""The tools that the page ships with."""

from tools.ask_user import ask_user
from tools.visit_webpage import visit_webpage
from tools.web.engines import SearchResult
from tools.web.page import Link, Page, Table
from tools.web_search import web_search

__all__ = ["Link", "Page", "SearchResult", "Table", "ask_user", "visit_webpage", "web_search"]
