"""Pages: who acknowledged a report, and what makes lists of dictations quick."""

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
    op.create_index("dictations_sent", "dictations", ["clinic_id", "received_by", "received_at"])
    op.create_index("dictations_received", "dictations", ["clinic_id", "received_at"])
    op.create_index("dictations_dictated", "dictations", ["clinic_id", "author_id", "received_at"])


def downgrade() -> None:
    """Take it back."""
    for index in ("dictations_dictated", "dictations_received", "dictations_sent"):
        op.drop_index(index, table_name="dictations")
    op.drop_table("receipts")
