"""The app with prepared replies in place of the demo's: python -m bench.scripted_page FOLDER."""

import sys
from pathlib import Path

import demo

demo.REPLIES = Path(sys.argv[1])

if __name__ == "__main__":
    import app

    app.main()
