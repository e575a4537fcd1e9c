"""What was just done, said with a button that takes it back."""

from django.contrib import messages
from django.http import HttpRequest


def undoable(request: HttpRequest, words: str, url: str) -> None:
    """The next page says it; a POST to `url` undoes it, and sends whoever did it back to that page."""
    messages.success(request, words, extra_tags=url)
