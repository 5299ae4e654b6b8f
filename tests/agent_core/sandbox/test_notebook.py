"""Habits of notebooks: magics, commands, questions, IPython's displays, and where files are thought to lie."""

import pytest

from agent_core.sandbox import Sandbox
from tests.agent_core.sandbox.support import failure, value


async def output(box: Sandbox, code: str) -> str:
    """What code prints that is expected to succeed."""
    done = await box.run(code)
    assert done.error is None, done.error
    return done.stdout.rstrip("\n")


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    return shared_box


@pytest.mark.parametrize(
    "code",
    [
        "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\n%load_ext autoreload\n%autoreload 2\n7",
        "# Add\n\n%%time\n3 + 4",
        "%time 3 + 4",
        "%time x = 7\nx",
        "%time a = 3; b = 4\na + b",
        "%time for x in range(8): pass\nx",
        "x = %time 3 + 4\nx",
        "def f(n):\n    %time n += 1\n    return n\nf(6)",
        '!echo it\'s """ (\n7',
        "for x in range(8):\n    !ls\nx",
        "%timeit -n 1 -r 1 3 + 4\n7",
        "result = %timeit -n 2 -r 2 -q -o 3 + 4\n7 if 0 < result.best <= result.average else result",
        "%pip install \\\n    numpy\n7",
        "get_ipython().run_line_magic('matplotlib', 'inline')\n7",
        "from IPython import get_ipython\nget_ipython().magic('time 1')\n7",
        "from IPython.core.interactiveshell import InteractiveShell as S\nS.ast_node_interactivity = 'all'\n7",
        "%no_such_magic at all\n7",
        "import IPython\nIPython.display.display(IPython.display.HTML('a'))\nIPython.get_ipython().user_ns['x'] = 7\nx",
        "from IPython import display\ndisplay.clear_output()\n7",
        "%%sql\nselect 'it''s'\n%%time\n7",
        "text = '''\n%time\n!ls'''\n%time\nlen(text) - 3",
    ],
)
async def test_the_code_goes_on(box: Sandbox, code: str):
    assert await value(box, code) == "7"


async def test_errors_are_in_the_right_line(box: Sandbox):
    error = await failure(box, "%matplotlib inline\n!pip install a \\\n  b\n%time x = 1\nd = {'alpha': 1}\nd['alhpa']")
    assert error.place == "line 6: d['alhpa']"
    assert error.advice == "Did you mean: alpha? The dict has the keys: alpha."
    assert (await failure(box, "%%time\n1 / 0")).place == "line 2: 1 / 0"
    assert (await failure(box, "x = 1\n%time 1 / 0")).place == "line 2: %time 1 / 0"


@pytest.mark.parametrize("code", ["!ls\nx = [1\n", "x =", "a b\n%matplotlib inline", "print('x'"])
async def test_what_is_no_python_either_is_an_error_of_syntax(box: Sandbox, code: str):
    assert (await failure(box, code)).kind == "syntax"


async def test_the_last_value(box: Sandbox):
    await box.run("6 * 7")
    assert await value(box, "x = 1\n_ + x") == "43"
    assert await value(box, "for _ in range(3): pass\n_") == "2"
    assert await value(box, "5;") is None


async def test_times(box: Sandbox):
    assert (await output(box, "%%time\nx = 1")).startswith("CPU time: ")
    assert (await output(box, "%timeit -n 5 -r 2 sum([1])")).endswith("(mean ± std. dev. of 2 runs, 5 loops each)")
    assert " per loop" in await output(box, "%%timeit -n 5 x = [1]\nsum(x)")


async def test_a_cell_that_captures(box: Sandbox):
    done = await box.run("%%capture out\nimport matplotlib.pyplot as plt\nprint('a')\nplt.plot([1])\ndisplay(2)\n3")
    assert (done.stdout, done.value, done.displays) == ("", None, ())
    assert await output(box, "print(out.stdout, out.outputs)") == "a\n [2]"


async def test_questions(box: Sandbox):
    await box.run("import pandas as pd\ndf = pd.DataFrame({'a': [1]})\ndef f(x):\n    'Doubles.'\n    return 2 * x")
    shown = await output(box, "df.head?")
    assert shown.startswith("df.head(n: 'int' = 5)")
    assert "Return the first `n` rows." in shown
    assert "Doubles." in await output(box, "?f")
    assert "return 2 * x" in await output(box, "f??")
    assert await output(box, "nothing.at.all?") == "Object `nothing.at.all` not found."


async def test_commands_on_files(box: Sandbox):
    (box.workspace / "a.csv").write_text("x,y\n1,2\n3,4\n")
    (box.workspace / "my data").mkdir()
    assert await output(box, "!ls") == "a.csv\nmy data"
    assert await output(box, "%ls *.csv") == "a.csv"
    assert "12" in await output(box, "!ls -la a.csv")
    assert await output(box, "!cat /mnt/data/a.csv") == "x,y\n1,2\n3,4"
    assert await output(box, "!head -n 1 a.csv") == "x,y"
    assert await output(box, "!tail -1 a.csv") == "3,4"
    assert await output(box, "!wc -l a.csv") == "3 a.csv"
    assert await output(box, "name = 'a.csv'\n!wc -c {name}") == "12 a.csv"
    assert await output(box, "lines = !cat $name\nprint(lines)") == "['x,y', '1,2', '3,4']"
    assert await output(box, "!mkdir -p out/in\n!cp a.csv out/b.csv\n!rm a.csv\n!ls out") == "b.csv\nin"
    assert await output(box, "!pwd") == str(box.workspace)
    assert await output(box, "!cat none.csv") == "cat: none.csv: No such file or directory"


async def test_other_commands_say_one_sentence(box: Sandbox):
    only = "cannot be run here, only Python can: do it in Python."
    assert await output(box, "!git clone x") == f"`git clone x` {only}"
    assert await output(box, "!cat a | sort") == f"`cat a | sort` {only}"
    assert await output(box, "!echo a > b.txt") == f"`echo a > b.txt` {only}"
    assert await output(box, "!echo 'a > b' \"c; d\"") == "a > b c; d"
    assert await output(box, "!nvidia-smi") == "There is no GPU here."
    assert "Nothing can be downloaded by `wget` here" in await output(box, "!wget https://example.org/a.csv")
    assert await output(box, "%%bash\necho a \\\n  b\ngcc x") == f"a b\n`gcc x` {only}"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("!pip install numpy", "Packages cannot be installed here; numpy is available, import it."),
        (
            "%pip install -q 'pandas>=2' beautifulsoup4",
            "Packages cannot be installed here; pandas, beautifulsoup4 are available.",
        ),
        ("pip install nopack", "Packages cannot be installed here; nopack is not available, do it another way."),
        (
            "!python -m pip install nopack",
            "Packages cannot be installed here; nopack is not available, do it another way.",
        ),
        ("!pip install -r requirements.txt", "Packages cannot be installed here."),
        (
            "%conda install -c conda-forge nopack",
            "Packages cannot be installed here; nopack is not available, do it another way.",
        ),
    ],
)
async def test_packages_are_not_installed(box: Sandbox, code: str, said: str):
    assert await output(box, code) == said


async def test_scripts(box: Sandbox):
    written = "%%writefile job.py\nimport sys\nif __name__ == '__main__':\n    print(sys.argv[1:])\nX = 1"
    assert await output(box, written) == "Wrote job.py"
    assert await output(box, "%run job.py a b\nprint(X)") == "['a', 'b']\n1"
    assert await output(box, "!python job.py c") == "['c']"
    assert await output(box, "%run none.py") == "There is no script 'none.py' in the working folder."
    (box.workspace / "bad.py").write_text("x = 0\n1 / x\n")
    error = await failure(box, "%run bad.py")
    assert error.place == "line 1: %run bad.py\nin bad.py, line 2: 1 / x"


async def test_variables_by_magics(own_box: Sandbox):
    await own_box.run("alpha = 1\nbeta = [2]")
    assert await output(own_box, "%who") == "alpha  beta"
    assert await output(own_box, "%whos") == "alpha = 1\nbeta = list of 1 int"
    assert await output(own_box, "%reset -f\n%who") == ""


async def test_displays_of_ipython(box: Sandbox):
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    code = f"""
import base64
from IPython.display import HTML, JSON, Audio, Image, Latex, Markdown, clear_output, display
open('a.png', 'wb').write(base64.b64decode('{png}'))
clear_output(wait=True)
handle = display(HTML('<b>a</b>'), Markdown('**b**'), Image('a.png'), Latex('$c$'), display_id='x')
handle.update(JSON({{'d': 1}}))
display({{'text/plain': 'e', 'text/html': '<i>e</i>'}}, raw=True)
Audio([0.0, 1.0], rate=8000)
"""
    done = await box.run(code)
    assert done.error is None
    html, markdown, image, latex, data, raw, audio = done.displays
    assert html.data["text/html"] == str(html) == "<b>a</b>"
    assert markdown.data["text/markdown"] == "**b**"
    assert image.data["image/png"] == png
    assert latex.data["text/latex"] == "$c$"
    assert '"d": 1' in str(data)
    assert raw.data == {"text/plain": "e", "text/html": "<i>e</i>"}
    assert audio.data["text/html"].startswith('<audio controls src="data:audio/wav;base64,UklGR')


async def test_what_no_one_reads_in_html_is_not_told(box: Sandbox):
    html = '<style>a {}</style><p>b</p><img src="data:image/png;base64,AAAA">'
    script = "<script>\\nlet c\\n</script>"
    code = (
        f"from IPython.display import HTML\ndisplay(HTML('{html}'))\ndisplay(HTML('{html}{script}'))\nHTML('{script}')"
    )
    done = await box.run(code)
    assert [str(display) for display in done.displays] == ['<p>b</p><img src="">', "b", "<HTML>"]
    assert "let c" in done.displays[1].data["text/html"]


async def test_progress_bars_for_notebooks_are_those_for_terminals(box: Sandbox):
    box.policy = box.policy.__class__([*box.policy.imports, "tqdm"])
    done = await box.run(
        "from tqdm.notebook import tqdm, trange\nfrom tqdm.auto import tqdm as auto\n"
        "[n for n in tqdm(range(3))] + list(trange(2)) + list(auto([7]))"
    )
    assert (done.value, done.error) == ("[0, 1, 2, 0, 1, 7]", None)
    assert "3/3" in done.stdout


@pytest.mark.parametrize("home", ["/mnt/data", "sandbox:/mnt/data"])
async def test_files_where_other_notebooks_have_them(own_box: Sandbox, home: str):
    (own_box.workspace / "in.csv").write_text("a,b\n1,2\n")
    code = f"""
import os, pathlib
import pandas as pd
folder = '{home}'
table = pd.read_csv('{home}/in.csv')
table.to_csv(f'{home}/{{table.a[0]}}.csv', index=False)
with open('{home}/' + 'two.txt', 'w') as file: file.write('x')
(pathlib.Path('{home}') / 'three.txt').write_text(pathlib.Path('{home}/two.txt').read_text())
os.makedirs(os.path.join(folder, 'sub'), exist_ok=True)
sorted(os.listdir(folder))
"""
    assert await value(own_box, code) == "['.tmp', '1.csv', 'in.csv', 'sub', 'three.txt', 'two.txt']"


async def test_temporary_files_and_texts_about_them(box: Sandbox):
    assert await value(box, "open('/tmp/a.txt', 'w').write('x')\nimport os\nos.path.getsize('/tmp/a.txt')") == "1"
    data = "['/tmp/a.txt', 'see /mnt/data/b', '/tmpfile', '/mnt/database', 'c\\n/mnt/data/d']"
    assert await value(box, data) == data


async def test_the_code_knows_where_it_stands(box: Sandbox):
    assert await value(box, "from pathlib import Path\nPath(__file__).parent == Path.cwd()") == "True"


async def test_event_loops(box: Sandbox):
    await box.run("import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x")
    assert await value(box, "await f(1)") == "1"
    assert await value(box, "asyncio.get_event_loop().run_until_complete(f(2))") == "2"
    assert await value(box, "asyncio.run(f(3))") == "3"
    assert await value(box, "asyncio.get_event_loop().run_until_complete(f(4))") == "4"
    assert await value(box, "await f(0)\nasyncio.run(f(5))") == "5"
    nested = "import nest_asyncio\nnest_asyncio.apply()\nawait f(0)\nasyncio.get_event_loop().run_until_complete(f(6))"
    assert await value(box, nested) == "6"


POOLS = {
    "futures": "from concurrent.futures import ProcessPoolExecutor as Pool\nwith Pool(2) as p: list(p.map(f, [1, 2]))",
    "pool": "from multiprocessing import Pool, cpu_count\nwith Pool(cpu_count()) as p: p.map(f, [1, 2])",
    "context": "import multiprocessing as mp\nwith mp.get_context('fork').Pool(2) as p: p.map(f, [1, 2])",
    "process": "import multiprocessing as mp\np = mp.Process(target=f, args=(1,))\np.start()\np.join()",
}


@pytest.mark.parametrize("name", POOLS)
async def test_processes_are_threads_and_say_so(own_box: Sandbox, name: str):
    code = f"def f(x): return x * x\n{POOLS[name]}"
    assert "Note: processes cannot be started here" in await output(own_box, code)
    assert "Note" not in await output(own_box, code)
