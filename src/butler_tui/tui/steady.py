"""Trouble with the file while the screens are open is a sentence on them, not their end: what is typed must stay."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump

from butler_tui.errors import ButlerError
from butler_tui.store.database import DatabaseError


class Trouble(Message):
    """Something went wrong that a person must be told, by whoever has the front."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


EXPECTED = (ButlerError, DatabaseError)
"""What a damaged file, a full disk or another program can raise under any look-up."""


class Steady(MessagePump):
    """Goes before a Textual class: an expected error in a handler becomes `Trouble`, and the screens go on.

    So it does in what a dialog calls with its answer, which Textual hands over by `call_next`, past all handlers.
    """

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except EXPECTED as error:
            self.post_message(Trouble(error))

    def call_next(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call `callback` once the message in hand is done with."""

        async def steadily() -> None:
            try:
                done = callback(*args, **kwargs)
                if isawaitable(done):
                    await done
            except EXPECTED as error:
                self.post_message(Trouble(error))

        super().call_next(steadily)
