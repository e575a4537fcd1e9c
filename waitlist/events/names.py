"""Whose words are whose: the other system's names matched to our practitioners, services and locations."""

from collections.abc import Iterable
from dataclasses import dataclass

from waitlist.events.told import Rejected, Told
from waitlist.models import Connection, Location, Mapping, Practitioner, Service

Row = Location | Practitioner | Service


@dataclass(frozen=True)
class Names:
    """What the words of one event mean here."""

    practitioner: Practitioner
    service: Service
    location: Location


def resolve(connection: Connection, told: Told) -> Names:
    """Our rows for the event's words; Rejected names every word that nobody has matched yet."""
    practitioner = find(connection, Mapping.Kind.PRACTITIONER, told.practitioner)
    service = find(connection, Mapping.Kind.SERVICE, told.service)
    location = _location(connection, told)
    if isinstance(practitioner, Practitioner) and isinstance(service, Service) and isinstance(location, Location):
        return Names(practitioner, service, location)
    raise Rejected(" ".join(_sentence(kind, word) for kind, word in unknown(connection, told)))


def unknown(connection: Connection, told: Told) -> list[tuple[str, str]]:
    """The (kind, word) pairs of the event that mean nothing here yet; the word is empty where none was given."""
    missing = []
    for kind, words in ((Mapping.Kind.PRACTITIONER, told.practitioner), (Mapping.Kind.SERVICE, told.service)):
        if find(connection, kind, words) is None:
            missing.append((str(kind), words[0] if words else ""))
    if _location(connection, told) is None:
        missing.append((str(Mapping.Kind.LOCATION), told.location[0] if told.location else ""))
    return missing


def find(connection: Connection, kind: str, words: Iterable[str]) -> Row | None:
    """By the connection's mapping, else by exactly our own name, upper and lower case alike."""
    wanted = [word.strip().casefold() for word in words]
    mappings = connection.mappings.filter(kind=kind).select_related("practitioner", "service", "location__clinic")
    mapped = {mapping.external.casefold(): mapping for mapping in mappings}
    for word in wanted:
        if word in mapped:
            row: Row = getattr(mapped[word], kind)
            return row
    ours = {row.name.casefold(): row for row in candidates(connection, kind)}
    return next((ours[word] for word in wanted if word in ours), None)


def candidates(connection: Connection, kind: str) -> list[Row]:
    """What a word of this kind can mean at this clinic."""
    clinic = connection.clinic
    rows: dict[str, Iterable[Row]] = {
        Mapping.Kind.PRACTITIONER: clinic.practitioners.filter(retired_at=None),
        Mapping.Kind.SERVICE: clinic.services.filter(retired_at=None),
        Mapping.Kind.LOCATION: clinic.locations.filter(retired_at=None).select_related("clinic"),
    }
    return sorted(rows[kind], key=lambda row: row.name.casefold())


def _location(connection: Connection, told: Told) -> Row | None:
    """The place named; else the connection's own, else the only one there is."""
    named = find(connection, Mapping.Kind.LOCATION, told.location)
    if named is not None or (told.location and told.is_location_certain):
        return named
    if connection.default_location is not None:
        return connection.default_location
    places = candidates(connection, Mapping.Kind.LOCATION)
    return places[0] if len(places) == 1 else None


def _sentence(kind: str, word: str) -> str:
    if not word:
        return f"The {kind} is not given."
    return f"The {kind} “{word[:60]}” is not matched to any of yours."
