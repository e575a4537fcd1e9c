"""Static files in production: as WhiteNoise keeps them, each stylesheet's entry in one piece."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config import styles


class CollectedStyles(CompressedManifestStaticFilesStorage):
    """A browser that had to follow an entry's imports would ask twice before the first paint."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        whole = InMemoryStorage()
        for entry in styles.ENTRIES:
            storage, path = paths[entry]
            whole.save(entry, ContentFile(styles.read(Path(storage.path(path)))))
        yield from super().post_process(paths | {one: (whole, one) for one in styles.ENTRIES}, dry_run, **options)
