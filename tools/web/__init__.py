"""Searches the web and downloads from it.

engines: the search engines. download: downloads a document within limits. content_type: tells what a document is.
decoding: turns bytes into text. page: what a web page is read into. cache: keeps recent results.
"""
