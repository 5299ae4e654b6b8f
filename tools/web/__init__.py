"""Searching the web and fetching from it.

engines: the search engines. download: a document within limits. content_type: what a document is.
decoding: from bytes to text. page: what a web page is read into. cache: what was fetched a moment ago.
"""
