"""The shape of what a language has to say."""

from dataclasses import dataclass

LINK = "link"  # beside the kinds of message: an offer whose time staff keep until it is completed


@dataclass(frozen=True)
class Mail:
    """What an e-mail of one kind says; the button leads to the page of the offer or the visit."""

    subject: str
    heading: str
    lines: tuple[str, ...]
    button: str = ""
