"""Deliveries: targets, attempts, acknowledgements."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what deliveries need."""


def downgrade() -> None:
    """Take it back."""
