"""Opens the Glassbox page; a Hugging Face Space runs this file as it is."""

from pathlib import Path

from agent_core import GlassboxError
from ui.ending import end_process
from ui.launching import open_page

HERE = Path(__file__).parent


def main() -> None:
    try:
        page = open_page(HERE)
    except GlassboxError as error:
        raise SystemExit(str(error)) from None
    page.wait()
    page.close()
    end_process()


if __name__ == "__main__":
    main()
