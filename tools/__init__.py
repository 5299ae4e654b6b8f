"""The tools that the page ships with."""

from tools.documents import Link, Page, Table
from tools.visit_webpage import visit_webpage
from tools.web_search import SearchResult, web_search

__all__ = ["Link", "Page", "SearchResult", "Table", "visit_webpage", "web_search"]
