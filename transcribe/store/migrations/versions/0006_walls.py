"""A second wall between clinics: where somebody of one clinic acts, PostgreSQL shows the rows of that clinic alone.

`transcribe.store.engine` says in each transaction who acts; where nothing was said, as in workers and backups, all rows
are seen. The rows by which people and programs are recognised are outside, as that comes before a clinic is known.
A superuser passes any wall: the service has a role of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OUTSIDE = {"memberships", "tokens", "sessions"}
_SEEN = "(SELECT coalesce(current_setting('transcribe.clinic', true), '')) IN ('', clinic_id)"


def upgrade() -> None:
    """Raise it around every table whose rows belong to a clinic."""
    for table in _tables():
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY own_clinic ON "{table}" USING ({_SEEN}) WITH CHECK ({_SEEN})')


def downgrade() -> None:
    """Take it down."""
    for table in _tables():
        op.execute(f'DROP POLICY own_clinic ON "{table}"')
        op.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')


def _tables() -> list[str]:
    if op.get_bind().dialect.name != "postgresql":
        return []
    found = sa.inspect(op.get_bind())
    belonging = (
        each for each in found.get_table_names() if "clinic_id" in {c["name"] for c in found.get_columns(each)}
    )
    return sorted(set(belonging) - _OUTSIDE)
