"""A page as its reader has it: words, and addresses to go on to."""

import re
from datetime import datetime
from html import unescape


def words(answer):
    """What a person reads on a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def links(answer):
    """The addresses on a page, as a browser asks for them."""
    return [unescape(address) for address in re.findall(r'href="([^"]*)"', answer.text)]


def pages_of(browser, address, most=200):
    """Each page of a list, by its links to the next one."""
    for _ in range(most):
        page = browser.get(f"/{address}")
        yield page.text
        following = re.search(r'rel="next" href="([^"]*)"', page.text)
        if not following:
            return
        address = unescape(following[1])
    raise AssertionError("the list has no end")


def form(page):
    """The hidden fields of the forms of a page, as a browser sends them."""
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in hidden}


def ahead(fast):
    """The clock of a web server that is so fast, to stand in the place of ``datetime``."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + fast

    return Ahead
