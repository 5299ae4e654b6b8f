"""What libraries print, show and warn of: as wide as a model can read, bounded, and without paths of the host."""

import re

from agent_core.memory.observation import OBSERVATION_CHARACTERS, observe
from agent_core.sandbox import Policy, Sandbox
from tests.agent_core.sandbox.support import collect, value

FRAME = """
import pandas as pd
frame = pd.DataFrame({{f'column_{{i}}': ['word {word}'] * {rows} for i in range({columns})}})
"""


async def test_a_frame_shows_all_its_columns(box: Sandbox):
    code = FRAME.format(word="", rows=3, columns=12)
    printed = (await box.run(code + "print(frame)")).stdout
    assert "column_0 " in printed and "column_11" in printed and "..." not in printed
    assert await value(box, "frame") == printed.rstrip("\n")


async def test_a_long_frame_shows_head_tail_and_shape(box: Sandbox):
    await box.run("import pandas as pd")
    text = await value(box, "pd.DataFrame({'n': range(1500)})")
    assert text and len(text.splitlines()) == 24
    assert "\n9 " in text and "\n1490 " in text and text.endswith("[1500 rows x 1 columns]")


async def test_a_large_frame_stays_within_an_observation(box: Sandbox):
    await box.run(FRAME.format(word="abcdefghijk", rows=50, columns=40))
    for code in ("frame", "print(frame)", "display(frame)", "final_answer(frame)"):
        done = await box.run(code)
        text = str(done.answer) if done.answer else observe(done)
        assert len(text) < OBSERVATION_CHARACTERS
        assert "column_39" in text and "[50 rows x 40 columns]" in text and "left out" not in text


async def test_a_long_cell_is_cut(box: Sandbox):
    text = await value(box, "import pandas as pd\npd.DataFrame({'a': ['x' * 500]})")
    assert text and "x" * 90 + "..." in text and "x" * 110 not in text


async def test_what_the_code_has_set_counts(box: Sandbox):
    await box.run("import pandas as pd\npd.set_option('display.max_rows', 500, 'display.max_columns', 3)")
    await box.run(FRAME.format(word="abcdefghijkl", rows=300, columns=12))
    printed = (await box.run("import numpy as np\nprint(frame)")).stdout
    assert printed.count("\n") > 300 and "..." in printed


async def test_a_long_array_says_its_shape(box: Sandbox):
    text = await value(box, "import numpy as np\nnp.zeros((2000, 3))")
    assert text and text.endswith("shape=(2000, 3))")
    assert await value(box, "[np.float64(1.5), np.arange(3)]") == "[1.5, array([0, 1, 2])]"
    wide = await value(box, "np.arange(30.).reshape(2, 15) / 7")
    assert wide and wide.count("\n") == 1


async def test_large_values_say_their_length(box: Sandbox):
    for code, said in (
        ("list(range(100_000))", "(list of 100,000 int)"),
        ("'x' * 50_000", "(str of 50,000 characters)"),
        ("{n: 'word' for n in range(9_000)}", "(dict with keys 0, 1, 2, 3, 4, 5, 6, 7 … (9,000))"),
    ):
        text = observe(await box.run(code))
        assert said in text and "characters left out" in text and len(text) < OBSERVATION_CHARACTERS


async def test_display_tells_the_model_what_a_last_expression_does(box: Sandbox):
    code = "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2]})\n"
    text = await value(box, code + "frame")
    told = observe(await box.run("display(frame, 'two')"))
    assert told == f"Displayed:\n{text}\n\ntwo\nShown to the user: 1 table, 1 value."
    assert observe(await box.run("frame")) == f"Value:\n{text}\nShown to the user: 1 table."


async def test_a_styled_table_keeps_its_colours_and_tells_its_values(box: Sandbox):
    code = "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2]})\nframe.style.highlight_max(color='#ff0000')"
    done = await box.run(code)
    assert done.value == "   a\n0  1\n1  2"
    html = done.displays[0].data["text/html"]
    assert re.search(r'<td [^>]*style="background-color: #ff0000;"[^>]*>2</td>', html)
    assert "<style" not in html


async def test_a_warning_is_told_once_with_the_codes_own_line(box: Sandbox):
    code = "import numpy as np\nfor i in range(3):\n    np.log(np.array([-1.0]))"
    for _ in range(2):
        done = await box.run(code)
        assert done.stdout == ("RuntimeWarning: invalid value encountered in log\n  line 3: np.log(np.array([-1.0]))\n")


async def test_a_warning_names_no_path(box: Sandbox):
    done = await box.run("import sys, warnings\nwarnings.warn(f'see {sys.prefix}/lib/x.py')")
    assert done.stdout == "UserWarning: see lib/x.py\n  line 2: warnings.warn(f'see {sys.prefix}/lib/x.py')\n"
    done = await box.run("import matplotlib.pyplot as plt\nplt.title('\\u0f00')\nprint('drawn')")
    assert "site-packages" not in done.stdout and ".py" not in done.stdout and done.stdout.startswith("drawn\n")


async def test_a_printed_traceback_names_no_path(box: Sandbox):
    await box.run("import traceback\nimport pandas as pd")
    done = await box.run("try:\n    pd.read_csv('no.csv')\nexcept OSError:\n    traceback.print_exc()")
    assert 'File "pandas/io/parsers/readers.py"' in done.stdout and "site-packages" not in done.stdout
    done = await box.run("import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()")
    assert 'File "threading.py"' in done.stdout and done.stdout.endswith("ZeroDivisionError: division by zero\n")
    done = await box.run("traceback.print_stack()\nimport logging\nlogging.warning('x', stack_info=True)")
    assert 'File "/' not in done.stdout and "<step 4>" in done.stdout


async def test_a_font_that_is_not_there_is_told_once(box: Sandbox):
    code = "import matplotlib.pyplot as plt\nplt.rcParams['font.family'] = 'Arial'\nplt.plot([1])"
    done = await box.run(code)
    assert done.stdout == "findfont: Font family 'Arial' not found.\n" and done.displays


async def test_there_is_an_end_to_warnings(box: Sandbox):
    done = await box.run("import warnings\nfor n in range(500):\n    warnings.warn(f'number {n}')")
    assert done.stdout.count("number") == 2 * 20
    assert done.stdout.endswith("(Further warnings of this step are not shown.)\n")


async def test_a_caught_warning_is_recorded(box: Sandbox):
    code = "import warnings\nwith warnings.catch_warnings(record=True) as caught:\n    warnings.warn('x')\nlen(caught)"
    assert await value(box, code) == "1"


async def test_codes_of_colours_are_never_told(box: Sandbox):
    red = "'\\x1b[31mred\\x1b[0m'"
    assert await value(box, red) == "red"
    done = await box.run(f"display({red})\nraise ValueError({red})")
    assert str(done.displays[0]) == "red"
    assert done.error and done.error.message == "ValueError: red" and "\x1b" not in done.error.traceback


async def test_a_progress_bar_is_its_last_frame(box: Sandbox):
    box.policy = Policy(imports=["stdlib", "tqdm", "rich"])
    code = "from tqdm import tqdm\nimport time\nfor i in tqdm(range(20)):\n    time.sleep(0.03)"
    *events, done = await collect(box, code)
    assert len(done.stdout.splitlines()) == 1 and "20/20" in done.stdout
    assert len(events) > 2
    code = "from rich.progress import track\nfor i in track(range(20)):\n    time.sleep(0.03)"
    *events, done = await collect(box, code)
    assert len(done.stdout.strip().splitlines()) == 1 and "100%" in done.stdout and "\x1b" not in done.stdout
    assert len(events) > 2
