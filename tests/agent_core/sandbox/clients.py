"""Ordinary network clients, as code for the sandbox: each reads "hello" from `url`, which is at `host` and `port`."""

CLIENTS = {
    "requests": """
import requests
requests.get(url).text
""",
    "requests in threads": """
import requests
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as pool:
    texts = list(pool.map(lambda _: requests.get(url).text, range(4)))
assert len(texts) == 4
texts[0]
""",
    "httpx": """
import httpx
httpx.get(url).text
""",
    "httpx, asynchronous": """
import asyncio, httpx
async with httpx.AsyncClient() as client:
    replies = await asyncio.gather(*[client.get(url) for _ in range(3)])
replies[2].text
""",
    "aiohttp": """
import aiohttp
async with aiohttp.ClientSession() as session, session.get(url) as reply:
    text = await reply.text()
text
""",
    "urllib": """
import urllib.request
urllib.request.urlopen(url).read().decode()
""",
    "http.client": """
import http.client
connection = http.client.HTTPConnection(host, port, timeout=5)
connection.request("GET", "/")
connection.getresponse().read().decode()
""",
    "pandas": """
import pandas
pandas.read_csv(url).columns[0]
""",
    "asyncio": r"""
import asyncio
reader, writer = await asyncio.open_connection(host, port)
writer.write(b"GET / HTTP/1.0\r\n\r\n")
await writer.drain()
(await reader.read()).decode().split()[-1]
""",
    "a socket": r"""
import socket
sock = socket.socket()
number = sock.fileno()
sock.settimeout(5)
sock.connect((host, port))
assert (sock.fileno(), sock.gettimeout(), sock.get_inheritable()) == (number, 5, False)
sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
sock.makefile().read().split()[-1]
""",
}

_TRUST = """
import ssl
trusted = "trusted.pem"
context = ssl.create_default_context(cafile=trusted)
"""
TLS_CLIENTS = {
    "requests": f"""{_TRUST}
import requests
requests.get(url, verify=trusted).text
""",
    "httpx": f"""{_TRUST}
import httpx
httpx.get(url, verify=context).text
""",
    "httpx, asynchronous": f"""{_TRUST}
import httpx
async with httpx.AsyncClient(verify=context) as client:
    reply = await client.get(url)
reply.text
""",
    "urllib": f"""{_TRUST}
import urllib.request
urllib.request.urlopen(url, context=context).read().decode()
""",
    "asyncio": rf"""{_TRUST}
import asyncio
reader, writer = await asyncio.open_connection(host, port, ssl=context)
writer.write(b"GET / HTTP/1.0\r\n\r\n")
(await reader.read()).decode().split()[-1]
""",
    "a socket": rf"""{_TRUST}
import socket
sock = context.wrap_socket(socket.socket(), server_hostname=host)
sock.connect((host, port))
sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
sock.makefile().read().split()[-1]
""",
}


def with_address(client: str, place: str, scheme: str = "http") -> str:
    """A client's code with where it connects to. place: "host:port"."""
    host, _, port = place.rpartition(":")
    return f"host, port, url = {host!r}, {port}, '{scheme}://{place}/'\n{client}"
