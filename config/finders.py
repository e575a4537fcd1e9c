"""Where static files are found beside `static/`: stylesheets in one piece."""

import atexit
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

from config import styles


class WholeStyles(BaseFinder):
    """`css/staff.css` as `css/staff.whole.css`: a browser that followed its imports would wait three times as long."""

    @cached_property
    def storage(self) -> FileSystemStorage:
        """A folder that goes with the process."""
        folder = mkdtemp(prefix="standby-styles-")
        atexit.register(rmtree, folder, ignore_errors=True)
        return FileSystemStorage(folder)

    def check(self, **options: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **options: Any) -> Any:
        if path not in styles.WHOLE:
            return []
        found = self.write(path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for path in styles.WHOLE:
            self.write(path)
            yield path, self.storage

    def write(self, path: str) -> str:
        """The file, as its rooms are now."""
        file = Path(self.storage.path(path))
        file.parent.mkdir(exist_ok=True)
        file.write_text(styles.read(settings.BASE_DIR / "static" / styles.WHOLE[path]))
        return str(file)
