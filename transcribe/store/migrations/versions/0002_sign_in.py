"""Signing in: passwords, second factors, sessions, one-time links."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what signing in needs."""


def downgrade() -> None:
    """Take it back."""
