"""Somebody who has a keyboard and no mouse: real key presses, and nothing else."""

_MOST = 500  # presses of Tab until something is not reached


class Keys:
    """The keyboard of a page."""

    def __init__(self, page):
        self.page = page

    def skip(self):
        """Past the menu, by the first link of the page."""
        self.page.keyboard.press("Tab")
        assert self.page.evaluate("document.activeElement.className") == "skip"
        self.page.keyboard.press("Enter")

    def to(self, found):
        """Tab until it has the focus."""
        found = found.element_handle()
        for _ in range(_MOST):
            if found.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never comes to {found}")

    def enter(self, found):
        """Press Enter on a link or a button, and wait for the page that comes."""
        self.to(found)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def send(self):
        """Press Enter where the focus is, in a field, and wait for the page that comes."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, found, words):
        """Type over what stands in a field, or to the choice that begins so."""
        self.to(found)
        self.page.keyboard.type(words)

    def tick(self, found):
        """Tick a box."""
        self.to(found)
        self.page.keyboard.press("Space")
        assert found.is_checked()

    def next_is_within(self, selector):
        """Whether Tab goes on there: where the focus is after a change."""
        self.page.keyboard.press("Tab")
        return self.page.evaluate("within => Boolean(document.activeElement.closest(within))", selector)
