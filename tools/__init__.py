"""The tools that the page ships with."""

from tools.ask_user import ask_user
from tools.documents import Link, Page, Table
from tools.engines import SearchResult
from tools.visit_webpage import visit_webpage
from tools.web_search import web_search

__all__ = ["Link", "Page", "SearchResult", "Table", "ask_user", "visit_webpage", "web_search"]
