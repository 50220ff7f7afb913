"""Whose screens are in front: each person has screens of their own, which outlive a lock; and the way between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

from butler_tui.tui.context import Context
from butler_tui.tui.messages import FromList, SignedIn, SyncAsked, SyncProgress
from butler_tui.tui.screens.sign_in import SignInScreen

if TYPE_CHECKING:
    from butler_tui.desk.session import Session
    from butler_tui.tui.list_errands import ListErrands


class Desks(App[None]):
    """The desks of who is signed in; a desk is loaded and mounted when somebody first goes there."""

    here: Context

    def __init__(self) -> None:
        super().__init__()
        self._person = ""
        self.session: Session | None = None
        """Who is signed in; who was last, while the screens are locked."""
        self._errands: ListErrands | None = None
        self._sync_from_home = False

    def until_sync_s(self) -> float:
        """Return how long it is until HQ is tried again; who runs the background says so."""
        return 0.0

    async def on_signed_in(self, message: SignedIn) -> None:
        """Show the person's own screens as they left them; another's are put away unseen."""
        from butler_tui.desk.session import Session
        from butler_tui.tui.screens.gate import GateScreen
        from butler_tui.tui.screens.sync import SyncScreen

        staff = message.staff
        person = staff.staff_id.hex()
        if self.session is not None and self.session.staff.staff_id == staff.staff_id and self.session.staff != staff:
            await self._put_away(person)  # another role, or name: the screens of the one before do not hold any more
        same = person == self._person and len(self.screen_stack) > 1
        self.session = session = Session(staff, self.here.gate.gate_id)
        if not self.is_screen_installed(f"gate-{person}"):
            self.install_screen(GateScreen(self.here, session), f"gate-{person}")
            self.install_screen(SyncScreen(self.here, session, self.until_sync_s), f"sync-{person}")
        self._person = person
        if same:
            await self.pop_screen()
            return
        await self._show(f"gate-{person}")

    async def _put_away(self, person: str) -> None:
        """Take a person's screens away; what was half typed is brought back as a draft."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        for name in [name for name in self._installed_screens if name.endswith(person)]:
            screen = self.get_screen(name)
            self.uninstall_screen(name)
            await screen.remove()

    async def _show(self, name: str) -> None:
        """Make `name` the only screen over the first sign-in."""
        while len(self.screen_stack) > 2:
            await self.pop_screen()
        if len(self.screen_stack) == 2 and not isinstance(self.screen, SignInScreen):
            await self.switch_screen(name)  # in one step: the sign-in under it must not flash up
        else:
            while len(self.screen_stack) > 1:
                await self.pop_screen()
            await self.push_screen(name)
        self.show_hq()

    def show_hq(self) -> None:
        """Bring the status line of the screen in front up to date."""

    @property
    def locked(self) -> bool:
        """Whether nobody is signed in as far as the screens show: sign-in is in front, or only a dialog over it."""
        below = (screen for screen in reversed(self.screen_stack) if not screen.is_modal)
        return bool(getattr(next(below, None), "LOCKS", False))

    # The desks

    async def action_gate(self) -> None:
        """Show the gate."""
        if not self.locked:
            await self._show(f"gate-{self._person}")

    async def action_sync_view(self) -> None:
        """Show how it stands with HQ, and sync."""
        if not self.locked:
            name = f"home-{self._person}"
            if self.screen is not self._installed_screens.get(f"sync-{self._person}"):
                self._sync_from_home = self.screen is self._installed_screens.get(name)
            await self._show(f"sync-{self._person}")
            self.screen.post_message(SyncAsked())

    async def action_conflicts(self) -> None:
        """Show how it stands with HQ, and over it what waits for somebody to decide."""
        await self.action_sync_view()
        sync: Any = self.screen
        if not self.locked:
            sync.action_conflicts()

    async def action_home(self) -> None:
        """Show how it all stands."""
        if self.locked or self.session is None:
            return
        name = f"home-{self._person}"
        if not self.is_screen_installed(name):
            from butler_tui.tui.screens.home import HomeScreen

            self.install_screen(HomeScreen(self.here, self.session), name)
        await self._show(name)
        home: Any = self.screen
        home.begin()

    async def action_back(self) -> None:
        """Go back from the sync: to the home where one came from there, else to the gate."""
        if self._sync_from_home and not self.locked:
            await self._show(f"home-{self._person}")
        else:
            await self.action_gate()

    async def action_on_site(self, which: str) -> None:
        """Show one of the lists of F7 at the gate: inside, overstayed or missing."""
        from butler_tui.tui.dialogs.on_site import Which

        await self.action_gate()
        gate: Any = self.screen
        gate.action_on_site()
        dialog: Any = self.screen
        dialog.begin_with(Which(which))

    async def action_parked(self) -> None:
        """Show what is put aside, at the gate; a form that is being filled there stays in front."""
        await self.action_gate()
        gate: Any = self.screen
        if gate.form.is_empty:
            gate.action_park()

    def on_sync_progress(self, message: SyncProgress) -> None:
        """Show how much has come, where somebody looks at the sync."""
        if self.screen is self._installed_screens.get(f"sync-{self._person}"):
            sync: Any = self.screen
            sync.on_the_way(message.at, message.of)

    # What a list asks for

    def on_from_list(self, message: FromList) -> None:
        """Do what the list of those on site asks for, and stay in it."""
        from butler_tui.tui.list_errands import ListErrands

        if self.session is None:
            return
        if self._errands is None or self._errands.session is not self.session:
            gate: Any = self.get_screen(f"gate-{self._person}")
            self._errands = ListErrands(self, self.here, self.session, gate.deeds)
        self._errands.run(message)
