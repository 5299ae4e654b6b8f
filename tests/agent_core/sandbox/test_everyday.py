"""What programs do every day works, for all that holds them."""

import pytest

from agent_core.sandbox import Policy, Sandbox
from tests.agent_core.sandbox.support import value

PROGRAMS = {
    "threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(16) as pool:
    result = sum(pool.map(lambda n: n * n, range(100)))
""",
    "asyncio": """
import asyncio
async def main():
    process_free = await asyncio.to_thread(sum, range(10))
    return await asyncio.gather(*(asyncio.sleep(0.01, n) for n in range(20)))
result = sum(asyncio.run(main()))
""",
    "files": """
import glob, os, pathlib, shutil, tempfile
pathlib.Path("a/b").mkdir(parents=True)
pathlib.Path("a/b/c.txt").write_text("text")
shutil.copytree("a", "copy")
shutil.move("copy/b/c.txt", "moved.txt")
os.chmod("moved.txt", 0o600)
os.utime("moved.txt")
os.symlink("moved.txt", "link")
with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file:
    file.write(b"x" * 10**6)
shutil.rmtree("copy")
result = sorted(glob.glob("**", recursive=True)), open("link").read()
""",
    "archives": """
import io, tarfile, zipfile, gzip, bz2, lzma
open("a.txt", "w").write("text" * 1000)
with zipfile.ZipFile("a.zip", "w", zipfile.ZIP_DEFLATED) as archive: archive.write("a.txt")
with tarfile.open("a.tar.gz", "w:gz") as archive: archive.add("a.txt")
with tarfile.open("a.tar.gz") as archive: archive.extractall("out")
with zipfile.ZipFile("a.zip") as archive: archive.extractall("out2")
result = open("out/a.txt").read() == open("out2/a.txt").read()
""",
    "databases": """
import sqlite3
with sqlite3.connect("data.db") as rows:
    rows.execute("pragma journal_mode=wal")
    rows.execute("create table t (n integer)")
    rows.executemany("insert into t values (?)", [(n,) for n in range(1000)])
    result = rows.execute("select sum(n) from t").fetchone()[0]
""",
    "tables": """
import io, numpy, pandas
frame = pandas.DataFrame({"n": numpy.arange(1000), "k": list("ab") * 500, "t": pandas.date_range("2024", periods=1000)})
frame.to_csv("t.csv")
frame.to_json("t.json")
frame.to_pickle("t.pkl")
again = pandas.read_csv("t.csv", index_col=0, parse_dates=["t"])
result = int(again.groupby("k")["n"].sum().sum()), again.t.dt.tz_localize("Europe/Paris").dt.year.max()
""",
    "algebra": """
import numpy
numbers = numpy.random.default_rng(1).random((300, 300))
result = bool(numpy.allclose(numpy.linalg.inv(numbers) @ numbers, numpy.eye(300))), numpy.fft.fft(numbers).shape
numpy.save("n.npy", numbers)
mapped = numpy.load("n.npy", mmap_mode="r+")
mapped[0, 0] = 7
mapped.flush()
""",
    "pictures": """
import matplotlib.pyplot as plt
from PIL import Image, ImageDraw, ImageFont
plt.plot([1, 2]); plt.title("äöü $x^2$"); plt.savefig("plot.png"); plt.savefig("plot.pdf")
plt.savefig("plot.svg"); plt.close()
image = Image.new("RGB", (80, 40), "white")
ImageDraw.Draw(image).text((5, 5), "text", font=ImageFont.load_default())
image.save("i.jpg"); image.save("i.webp")
result = Image.open("plot.png").size[0] > 100, Image.open("i.jpg").size
""",
    "time zones": """
import datetime, time, zoneinfo
result = datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo("America/New_York")).utcoffset().total_seconds()
time.tzset(); time.sleep(0.01); datetime.datetime.now().astimezone()
""",
    "pages": """
import bs4, lxml.html
result = bs4.BeautifulSoup("<p>a<b>c</b></p>", "lxml").b.text, lxml.html.fromstring("<p>a</p>").text
""",
    "the machine": """
import locale, os, platform, secrets, ssl, uuid
result = os.cpu_count() >= 1, bool(platform.platform()), len(secrets.token_bytes(9)), uuid.uuid4().version
ssl.create_default_context(); locale.setlocale(locale.LC_ALL, "C.UTF-8")
""",
    "signals of one's own": """
import signal, os
caught = []
signal.signal(signal.SIGUSR1, lambda *_: caught.append("usr1"))
signal.signal(signal.SIGALRM, lambda *_: caught.append("alarm"))
os.kill(os.getpid(), signal.SIGUSR1); signal.setitimer(signal.ITIMER_REAL, 0.01)
while len(caught) < 2: signal.pause()
signal.raise_signal(signal.SIGUSR1)
result = caught
""",
    "memory maps": """
import mmap
open("m.bin", "wb").write(bytes(10**6))
with open("m.bin", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
    mapped[:4] = b"text"
with mmap.mmap(-1, 10**6, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as mapped:
    mapped[:2] = b"ok"
result = open("m.bin", "rb").read(4)
""",
    "pairs of sockets": """
import selectors, socket, os
one, other = socket.socketpair()
one.sendall(b"text"); result = other.recv(9)
read, write = os.pipe(); os.write(write, b"x"); selectors.DefaultSelector().register(read, selectors.EVENT_READ)
""",
    "what prints itself": """
import logging, sys, traceback, warnings
logging.basicConfig(); logging.warning("logged"); warnings.warn("warned"); print("printed", file=sys.stderr)
try: 1 / 0
except ZeroDivisionError: traceback.print_exc()
result = "done"
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
async def test_an_everyday_program(name: str):
    async with Sandbox(policy=Policy(["*"])) as box:
        assert await value(box, f"{PROGRAMS[name]}\nresult is not None") == "True"
