"""How fast a sending number may send: what is over its pace waits, since the carrier would only let it queue."""

from django.db import models


class Sender(models.Model):
    """One sending number, of one clinic or of several, and how far its permitted pace is used up."""

    number = models.CharField(max_length=20, unique=True)
    used_until = models.DateTimeField(help_text="Where the next text would stand, were they sent evenly.")

    def __str__(self) -> str:
        return f"sender {self.pk}"
