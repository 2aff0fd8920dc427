"""The narrow door of the vault on PostgreSQL: a function that draws with the rights of the vault's owner and tells a code, nothing else.

The tables of the vault stand in a schema of their own. The role that serves blinded people has no right on that schema; it may
run this function, which takes the next slot of a stratum for a patient who may be drawn, and needs no key: the arm stays
encrypted. It gives nothing where no slot can be given, whatever the reason.

The names are found without their schema because every connection looks in `public` and then in `vault`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SCHEMA = "vault"
DRAW = "public.trialsite_draw_slot"
DRAW_TAKES = "integer, text, uuid, text, timestamptz, text"

_DRAW = f"""
CREATE OR REPLACE FUNCTION {DRAW}(of_phase integer, of_stratum text, for_patient uuid, new_code text, at timestamptz, by_whom text)
RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = {SCHEMA}, public, pg_temp
-- Plans, which hold how many rows a table has, are printed to nobody.
SET client_min_messages = error SET debug_print_plan = off SET debug_print_parse = off SET debug_print_rewritten = off
-- What is read is what was drawn and voided, and one slot more: how much is read must not tell how many slots there are.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_nestloop = on
SET enable_indexscan = on SET enable_indexonlyscan = on AS $$
DECLARE
    queue bigint;
    last integer;
    used bigint[];
    taken bigint;
    given text;
    here bigint := pg_current_xact_id()::text::bigint;
BEGIN
    PERFORM 1 FROM public.enrollment_patient p
        WHERE p.id = for_patient AND p.phase_number = of_phase AND p.status = 'eligible' AND p.randomization_code = '';
    IF NOT FOUND THEN RETURN NULL; END IF;
    -- One draw a transaction: whoever draws until nothing is left and takes it all back would count the stock. Who reads the vault may do so.
    -- A draw that is in sight and not done with is one of this transaction; the upper half of its number is that of the nearest one.
    IF NOT has_schema_privilege(session_user, '{SCHEMA}', 'USAGE') AND EXISTS (
        SELECT 1 FROM {SCHEMA}.vault_draw d, LATERAL (SELECT here - here % 4294967296 + d.xmin::text::bigint AS low) n
        WHERE pg_xact_status((CASE WHEN low - here > 2147483648 THEN low - 4294967296
            WHEN here - low > 2147483648 THEN low + 4294967296 ELSE low END)::text::xid8) = 'in progress')
        THEN RETURN NULL; END IF;
    -- Draws of one stratum wait here for each other; what follows sees the one before.
    SELECT s.id INTO queue
        FROM {SCHEMA}.vault_allocationseal e
        JOIN {SCHEMA}.vault_allocationlist l ON l.id = e.list_id AND l.commitment = e.commitment
        JOIN public.enrollment_listcommitment c ON c.phase_number = e.phase_number AND c.sha256 = e.commitment
        JOIN {SCHEMA}.vault_allocationstratum s ON s.list_id = e.list_id AND s.key = of_stratum
        WHERE e.phase_number = of_phase FOR UPDATE OF s;
    IF NOT FOUND THEN RETURN NULL; END IF;
    used := array(SELECT d.slot_id FROM {SCHEMA}.vault_draw d UNION ALL SELECT v.slot_id FROM {SCHEMA}.vault_voidedslot v);
    -- OFFSET keeps what is asked of the slots found apart from how they are found.
    SELECT coalesce(max(s.position), 0) INTO last
        FROM (SELECT * FROM {SCHEMA}.vault_allocationslot a WHERE a.id = ANY (used) OFFSET 0) s WHERE s.stratum_id = queue;
    SELECT s.id, coalesce(nullif(s.code, ''), new_code) INTO taken, given
        FROM (SELECT * FROM {SCHEMA}.vault_allocationslot a WHERE a.stratum_id = queue AND a.position = last + 1 OFFSET 0) s;
    IF NOT FOUND THEN RETURN NULL; END IF;
    INSERT INTO {SCHEMA}.vault_draw (appended_at, appended_by, slot_id, patient_id, code)
        VALUES (at, by_whom, taken, for_patient, given);
    RETURN given;
EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
    -- What the server says of a row it refuses names the slot.
    RAISE EXCEPTION 'Trialsite: this draw cannot be stored' USING ERRCODE = SQLSTATE;
END $$
"""  # noqa: S608 - no input


def move_into_schema() -> migrations.RunPython:
    """Migration step for PostgreSQL: the tables of the vault go into their schema. To be repeated after tables were added."""

    def move(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        schema_editor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}", params=None)
        for model in apps.get_app_config("vault").get_models():
            # Nothing happens where the table is there already.
            schema_editor.execute(f'ALTER TABLE "{model._meta.db_table}" SET SCHEMA {SCHEMA}', params=None)

    return migrations.RunPython(move, migrations.RunPython.noop)


def build_door() -> migrations.RunPython:
    """Migration step for PostgreSQL: make the function, or make it anew, closed to everybody but its owner."""

    def build(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(_DRAW, params=None)
            schema_editor.execute(f"REVOKE ALL ON FUNCTION {DRAW}({DRAW_TAKES}) FROM PUBLIC", params=None)

    return migrations.RunPython(build, migrations.RunPython.noop)


def draw_through_door(phase: int, stratum: str, patient_id: UUID, *, code: str, at: datetime, by: str) -> str | None:
    """The code of the slot that the patient has now, or None when none can be given. Inside the gate, as every write."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {DRAW}(%s, %s, %s, %s, %s, %s)", [phase, stratum, patient_id, code, at, by])
        found = cursor.fetchone()[0]
    return None if found is None else str(found)
