"""What is loaded once the first screen is painted: everything the screens may still need.

The first screen comes sooner without it. Loaded only when first needed, a module would be that of another version
where an upgrade has put new files under a program that runs.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages

import butler_tui.tui
from butler_tui.store.search_keys import warm_up

_BESIDE = ("butler_tui.desk.own_pin", "butler_tui.desk.retention", "argon2")
"""What the screens load within functions: of lower layers, or not ours. Not the sync, which takes 4 MB: where
there is an HQ the first one has loaded it by then."""
_OTHERS = "butler_tui.tui.first_start", "butler_tui.tui.screens.first_start"
"""An application of its own, which has ended before these screens begin."""


def load_rest() -> None:
    """Load it all; meant for a thread. What cannot be loaded is tried again, and told of, when it is needed."""
    with suppress(Exception):
        for module in walk_packages(butler_tui.tui.__path__, "butler_tui.tui."):
            if not module.name.startswith(_OTHERS):
                import_module(module.name)
        for name in _BESIDE:
            import_module(name)
        warm_up()  # the first save has the readings of names at hand
