"""Pages: who acknowledged a report, what makes lists of dictations quick, and passwords of encrypted dictations."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the pages need."""
    op.create_table(
        "receipts",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("clinic_id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_receipts_clinic_id")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_receipts_job_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_receipts")),
    )
    for table in ("clinics", "dictations"):
        op.add_column(table, sa.Column("ds2_password", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index("dictations_sent", "dictations", ["clinic_id", "received_by", "received_at"])
    op.create_index("dictations_received", "dictations", ["clinic_id", "received_at"])
    op.create_index("dictations_dictated", "dictations", ["clinic_id", "author_id", "received_at"])


def downgrade() -> None:
    """Take it back."""
    for index in ("dictations_dictated", "dictations_received", "dictations_sent"):
        op.drop_index(index, table_name="dictations")
    for name in ("dictations", "clinics"):
        with op.batch_alter_table(name, recreate="never") as table:
            table.drop_column("ds2_password")
    op.drop_table("receipts")
