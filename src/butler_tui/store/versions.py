"""What each later version adds to the tables of the one before, as statements; `data/schema.sql` says what they mean.

Only `store/migrations.py` runs these. They are never changed once a version has been given out.
"""

from __future__ import annotations

VERSION_2 = (
    "DROP INDEX visit_plate_inside",
    "DROP INDEX visit_badge_out",
    "DROP INDEX visit_by_phone",
    "ALTER TABLE visit DROP COLUMN phone_key",
    "ALTER TABLE visit ADD COLUMN badge_out INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE visit ADD COLUMN original TEXT",
    "ALTER TABLE visit_event ADD COLUMN corrected TEXT",
    "ALTER TABLE visit_event ADD COLUMN override_by BLOB",
    "ALTER TABLE visit_event ADD COLUMN override_how TEXT",
    "ALTER TABLE terminal ADD COLUMN recovery_key BLOB",
    "ALTER TABLE terminal ADD COLUMN recovery_salt BLOB",
    "ALTER TABLE terminal ADD COLUMN backup_ms INTEGER",
    (
        "CREATE TABLE vehicle (vehicle_id BLOB PRIMARY KEY CHECK (length(vehicle_id) = 16), household_id BLOB "
        "NOT NULL, plate TEXT NOT NULL, note TEXT) STRICT"
    ),
    (
        "CREATE TABLE audit (audit_id BLOB PRIMARY KEY CHECK (length(audit_id) = 16), act TEXT NOT NULL, "
        "at_ms INTEGER NOT NULL, gate_id BLOB, staff_id BLOB, subject_table TEXT, subject_id BLOB, "
        "subject_field TEXT, reason TEXT) STRICT, WITHOUT ROWID"
    ),
    (
        "CREATE TABLE search_key (kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY "
        "(kind, key, value)) STRICT, WITHOUT ROWID"
    ),
    "CREATE INDEX vehicle_by_household ON vehicle (household_id)",
    "CREATE INDEX vehicle_by_plate ON vehicle (plate)",
    "CREATE INDEX household_by_name ON household (name)",
    "CREATE INDEX resident_by_name ON resident (name)",
    "CREATE INDEX resident_by_phone ON resident (phone) WHERE phone IS NOT NULL",
    "CREATE INDEX visit_badge_out ON visit (badge) WHERE badge_out = 1 AND badge IS NOT NULL",
    "CREATE INDEX visit_by_name ON visit (name, registered_ms) WHERE name IS NOT NULL",
    "CREATE INDEX visit_by_phone ON visit (phone, registered_ms) WHERE phone IS NOT NULL",
    "CREATE INDEX visit_by_plate ON visit (plate, registered_ms) WHERE plate IS NOT NULL",
    "CREATE INDEX visit_by_room ON visit (room_code, registered_ms) WHERE room_code IS NOT NULL",
)

VERSION_3 = (
    "ALTER TABLE terminal ADD COLUMN kind TEXT",
    "ALTER TABLE sync_state ADD COLUMN whole_upto INTEGER",
    "ALTER TABLE sync_state ADD COLUMN whole_after TEXT",
    "ALTER TABLE sync_state ADD COLUMN whole_acked INTEGER",
    "ALTER TABLE sync_state ADD COLUMN fork_seq INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sync_state ADD COLUMN fork_pos INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sync_state ADD COLUMN compared_ms INTEGER",
    "ALTER TABLE sync_state ADD COLUMN hole TEXT",
    "CREATE TABLE acked_mark (journal_id INTEGER PRIMARY KEY, pos INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT",
    "ALTER TABLE journal DROP COLUMN before",
    "ALTER TABLE journal ADD COLUMN resolves TEXT",
    (
        "CREATE TABLE base (tbl TEXT NOT NULL, record_id BLOB NOT NULL, state TEXT NOT NULL, stamps TEXT NOT NULL, "
        "kept TEXT, pos INTEGER NOT NULL, PRIMARY KEY (tbl, record_id)) STRICT, WITHOUT ROWID"
    ),
    "CREATE INDEX base_in_conflict ON base (tbl, record_id) WHERE kept IS NOT NULL",
    (
        "CREATE TABLE pending (tbl TEXT NOT NULL, record_id BLOB NOT NULL, journal_id INTEGER NOT NULL, PRIMARY KEY "
        "(tbl, record_id, journal_id)) STRICT, WITHOUT ROWID"
    ),
    (
        "CREATE TABLE place (terminal_id BLOB PRIMARY KEY CHECK (length(terminal_id) = 16), name TEXT NOT NULL) "
        "STRICT, WITHOUT ROWID"
    ),
    "CREATE TABLE pull_mark (pos INTEGER PRIMARY KEY, cid BLOB NOT NULL) STRICT",
    "ALTER TABLE staff_pin ADD COLUMN pepper_id TEXT",
    "ALTER TABLE staff_pin ADD COLUMN set_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE staff_pin ADD COLUMN to_change INTEGER NOT NULL DEFAULT 0",
    (
        "CREATE TABLE override_challenge (challenge TEXT PRIMARY KEY, visit_id BLOB NOT NULL, facts BLOB NOT NULL, "
        "made_ms INTEGER NOT NULL, wrong_tries INTEGER NOT NULL DEFAULT 0, wrong_ms INTEGER, allowed_by BLOB, "
        "used INTEGER NOT NULL DEFAULT 0) STRICT"
    ),
    (
        "CREATE TABLE attachment (attachment_id BLOB PRIMARY KEY CHECK (length(attachment_id) = 16), subject_table "
        "TEXT NOT NULL, subject_id BLOB NOT NULL, sha256 BLOB, bytes INTEGER NOT NULL, media_type TEXT NOT NULL, "
        "taken_ms INTEGER) STRICT"
    ),
    "CREATE INDEX attachment_by_subject ON attachment (subject_id, subject_table)",
    (
        "CREATE TABLE blob (attachment_id BLOB PRIMARY KEY CHECK (length(attachment_id) = 16), here INTEGER NOT NULL "
        "DEFAULT 0, at_hq TEXT, refused TEXT, tries INTEGER NOT NULL DEFAULT 0, not_before_ms INTEGER) STRICT"
    ),
    (
        "CREATE TABLE report (report_id BLOB PRIMARY KEY CHECK (length(report_id) = 16), at_ms INTEGER NOT NULL, "
        "kind TEXT NOT NULL, place TEXT NOT NULL, detail TEXT NOT NULL) STRICT"
    ),
)
