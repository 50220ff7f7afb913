"""What is written down about people who look at, give out or put back what others may not see."""

from __future__ import annotations

from enum import StrEnum


class AuditAct(StrEnum):
    """What somebody did; each row says who, when, to what, and why."""

    UNMASKED = "unmasked"
    EXPORTED = "exported"
    EXPORTED_UNMASKED = "exported_unmasked"
    PIN_RESET = "pin_reset"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    SALVAGED = "salvaged"
    ERASED = "erased"
    OVERRIDE_CODE_MADE = "override_code_made"
    OVERRIDE_CODE_USED = "override_code_used"
    OVERRIDE_CODES_WRONG = "override_codes_wrong"
    POLICY_CHANGED = "policy_changed"
