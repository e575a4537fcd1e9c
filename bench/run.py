"""One measurement in this process, on an empty database: python -m bench.run bench_<name>"""

import importlib
import os
import sys
import time

import django


def main(module_name: str) -> int:
    """1 if it missed a bar."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.db import connection, connections

    from bench.report import publish

    original = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        module = importlib.import_module(f"bench.{module_name}")
        started = time.monotonic()
        result = module.run()
        title = (module.__doc__ or module_name).splitlines()[0]
        publish(module_name.split("_", 1)[1], title, result, seconds=time.monotonic() - started)
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(original, verbosity=0)
    return 1 if result.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
