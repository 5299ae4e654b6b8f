"""The tools that the page ships with. To add one: write it in a file here, import it and name it in TOOLS.

The settings list each of TOOLS, switched on at first. web_search, visit_webpage and ask_user have a file each; web/
searches and downloads, readers/ turn downloads into text and tables.
"""

from agent_core.tools.base import Tool
from tools.ask_user import ask_user
from tools.visit_webpage import visit_webpage
from tools.web.engines import SearchResult
from tools.web.page import Link, Page, Table
from tools.web_search import web_search

TOOLS: list[Tool] = [web_search, visit_webpage, ask_user]

__all__ = ["TOOLS", "Link", "Page", "SearchResult", "Table", "ask_user", "visit_webpage", "web_search"]
