"""Words as they are looked for: small letters without accents, however they were typed (`standby_folded`)."""

from django.db.models import CharField, TextField, Transform, Value


class Folded(Transform):
    """`name__folded`: Kovač and KOVAC are kovac, Øster is oster, Groß is gross; one letter or letter and mark alike."""

    lookup_name = "folded"
    function = "standby_folded"
    output_field = TextField()


CharField.register_lookup(Folded)
TextField.register_lookup(Folded)


def folded(word: str) -> Folded:
    """What somebody typed, folded by the same function."""
    return Folded(Value(word, TextField()))
