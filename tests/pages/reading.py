"""A page as its reader has it: words, and addresses to go on to."""

import re
from html import unescape


def words(answer):
    """What a person reads on a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def links(answer):
    """The addresses on a page, as a browser asks for them."""
    return [unescape(address) for address in re.findall(r'href="([^"]*)"', answer.text)]
