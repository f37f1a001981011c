"""HTML from the store or a catalog becomes plain text, at the border."""

from __future__ import annotations

import html.parser

INLINE = ("a", "abbr", "b", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u")
"""Tags that do not part words."""


def plain_text(markup: str) -> str:
    """HTML as one line of text: tags gone, entities decoded, blanks collapsed."""
    parser = _Text()
    parser.feed(markup)
    parser.close()
    return " ".join("".join(parser.words).split())


class _Text(html.parser.HTMLParser):
    """Collects what a reader would see."""

    HIDDEN = ("script", "style")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in self.HIDDEN
        self.words.append("" if tag in INLINE else " ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in self.HIDDEN))
        self.words.append("" if tag in INLINE else " ")

    def handle_data(self, data: str) -> None:
        self.words.append("" if self._hidden else data)
