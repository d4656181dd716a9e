"""The review room: claims, notes, decisions, signatures, scores."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the review room needs."""


def downgrade() -> None:
    """Take it back."""
