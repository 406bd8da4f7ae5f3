"""Text from outside (a server, a file) as it is safe to show: in a log, an error, a terminal."""

from __future__ import annotations

LONGEST = 500  # characters of a server's text in one of our messages


def one_line(text: str) -> str:
    """`text` without anything that ends a line or steers a terminal: such characters are shown by their escapes.

    `str.isprintable` is false for every control, format, separator and surrogate character, the space excepted.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def shortened(text: object, longest: int = LONGEST) -> str:
    """What somebody else says as part of a message of ours: one line of about `longest` characters at most."""
    whole = str(text)
    rest = len(whole) - longest
    return one_line(whole[:longest]) + (f"... ({rest} more characters)" if rest > 0 else "")


def _escaped(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]
