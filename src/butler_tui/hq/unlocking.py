"""Unlocking a terminal's backup at HQ: only its own key is handed over, and nothing of HQ's."""

from __future__ import annotations

from pathlib import Path

from butler_tui.errors import SetUpWrong
from butler_tui.hq.keys import Folder, read_hq_keys
from butler_tui.sealed_file import RecipientKind, content_key_for, read_head, unlock_words
from butler_tui.store.database import plain_errors
from butler_tui.words import N_


def unlock_backup(folder: Folder, file: Path) -> str:
    """Return the words that open the one backup `file`, for `butler restore --hq-key`.

    Raises SetUpWrong where it is no backup, or not sealed for this HQ; FileTrouble where it is damaged.
    """
    keys = read_hq_keys(folder.keys)
    with plain_errors(file):
        recipient = read_head(file).recipient(RecipientKind.HQ)
    found = content_key_for(recipient, keys.box) if recipient else None
    if found is None:
        raise SetUpWrong(N_("The backup {file} was not sealed for this HQ."), file=file)
    return unlock_words(found)
