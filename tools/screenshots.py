"""Pictures of the pages for docs/images, from pages that run, such as `etl pages` beside `make run`.

Usage: tools/screenshots.py [ADDRESS] [PAGE ...]; CHROMIUM names another browser than that of the path.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
_ADDRESS = "http://127.0.0.1:8091/learning-results/pages"
_PAGES = ("tonight", "mapping", "results", "points")


def main(address: str = _ADDRESS, *pages: str) -> None:
    """Write pages-<page>.png for each page, light and as wide as a screen."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        for name in pages or _PAGES:
            page.goto(f"{address}/{name}")
            path = _IMAGES / f"pages-{name.partition('?')[0]}.png"
            page.screenshot(path=path)
            print(path)
        chromium.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
