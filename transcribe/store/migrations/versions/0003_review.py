"""The review room: claims, notes, decisions, signatures, scores."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what the review room needs."""
    _jobs()
    _versions()
    # Nothing wrote into these three yet.
    for table in ("mark_decisions", "code_decisions", "signatures"):
        op.drop_table(table)
    _decided()
    _signed()
    _told()
    _counted()
    _guard_signed()


def downgrade() -> None:
    """Take it back."""
    _unguard_signed()
    for table in ("preferences", "scores", "tallies", "skips", "notes", "signatures", "code_decisions"):
        op.drop_table(table)
    for column in ("reading", "marks", "text_hash", "kind"):
        op.drop_column("versions", column)
    for index in ("review", *_WHERE_THERE):
        op.drop_index(f"jobs_{index}", table_name="jobs")
    op.drop_index("dictations_by", table_name="dictations")
    for column in ("signed_at", "parent_id", "assigned_to", "claimed_until", "claimed_by", "stage"):
        op.drop_column("jobs", column)
    _as_before()


_WHERE_THERE = {
    "claimed": ["claimed_by"],
    "assigned": ["assigned_to"],
    "addenda": ["parent_id"],
    "signed": ["clinic_id", "signed_at"],
}


def _jobs() -> None:
    op.add_column("jobs", sa.Column("stage", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("jobs", sa.Column("claimed_by", sa.String(), nullable=True))
    op.add_column("jobs", sa.Column("claimed_until", _MOMENT, nullable=True))
    op.add_column("jobs", sa.Column("assigned_to", sa.String(), nullable=True))
    op.add_column("jobs", sa.Column("parent_id", sa.String(), nullable=True))
    op.add_column("jobs", sa.Column("signed_at", _MOMENT, nullable=True))
    op.create_index("jobs_review", "jobs", ["clinic_id", "state", "stage", "stat", "due_at", "id"])
    for name, columns in _WHERE_THERE.items():
        there = sa.text(f"{columns[-1]} IS NOT NULL")
        op.create_index(f"jobs_{name}", "jobs", columns, sqlite_where=there, postgresql_where=there)
    op.create_index("dictations_by", "dictations", ["author_id"])


def _versions() -> None:
    op.add_column("versions", sa.Column("kind", sa.String(), nullable=False, server_default="draft"))
    op.add_column("versions", sa.Column("text_hash", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("versions", sa.Column("marks", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("versions", sa.Column("reading", sa.String(), nullable=True))
    op.execute("UPDATE versions SET reading = body WHERE draft_id IS NOT NULL")


def _of(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{_TABLES[column]}.id"], name=f"fk_{table}_{column}")


_TABLES = {"clinic_id": "clinics", "version_id": "versions", "person_id": "people", "job_id": "jobs"}


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _number(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _decided() -> None:
    op.create_table(
        "code_decisions",
        *_text("id", "version_id", "clinic_id", "system", "code", "decision", "replaced_by"),
        _of("code_decisions", "clinic_id"),
        _of("code_decisions", "version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_code_decisions"),
    )
    op.create_index("ix_code_decisions_version_id", "code_decisions", ["version_id"])
    columns = ["clinic_id", "system", "code", "decision", "replaced_by"]
    op.create_index("code_decisions_counts", "code_decisions", columns)


def _signed() -> None:
    op.create_table(
        "signatures",
        *_text("id", "version_id", "clinic_id", "person_id", "printed_name", "meaning", "digest"),
        sa.Column("final", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("signed_at", _MOMENT, nullable=False),
        _of("signatures", "clinic_id"),
        _of("signatures", "person_id"),
        _of("signatures", "version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_signatures"),
        sa.UniqueConstraint("version_id", "meaning", name="uq_signatures_version_id_meaning"),
    )


def _told() -> None:
    op.create_table(
        "notes",
        *_text("id", "job_id", "clinic_id", "actor", "kind"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("settled_at", _MOMENT, nullable=True),
        _of("notes", "clinic_id"),
        _of("notes", "job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_job_id", "notes", ["job_id"])
    op.create_table(
        "skips",
        *_text("job_id", "actor", "clinic_id"),
        _of("skips", "clinic_id"),
        _of("skips", "job_id"),
        sa.PrimaryKeyConstraint("job_id", "actor", name="pk_skips"),
    )
    op.create_table(
        "preferences",
        *_text("clinic_id", "actor"),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("expander", sa.JSON(), nullable=False),
        _of("preferences", "clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "actor", name="pk_preferences"),
    )


def _counted() -> None:
    op.create_table(
        "tallies",
        *_text("job_id", "clinic_id", "editor", "author", "recogniser", "work_type"),
        sa.Column("released_at", _MOMENT, nullable=False),
        sa.Column("hours", sa.Double(), nullable=False),
        sa.Column("signed_hours", sa.Double(), nullable=True),
        sa.Column("on_time", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        *_number("characters", "visible", "words", "edits", "offered", "accepted", "added"),
        _of("tallies", "clinic_id"),
        _of("tallies", "job_id"),
        sa.PrimaryKeyConstraint("job_id", name="pk_tallies"),
    )
    op.create_index("tallies_period", "tallies", ["clinic_id", "released_at"])
    op.create_table(
        "scores",
        *_text("id", "job_id", "clinic_id"),
        *_number("left", "right"),
        *_text("reviewer", "editor", "author", "recogniser"),
        sa.Column("faults", sa.JSON(), nullable=False),
        *_number("critical", "minor", "score"),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _of("scores", "clinic_id"),
        _of("scores", "job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scores"),
        sa.UniqueConstraint("job_id", "left", "right", name="uq_scores_job_id_left_right"),
    )
    op.create_index("scores_period", "scores", ["clinic_id", "at"])


_REFUSED = "what was signed never changes"

_SIGNED = "EXISTS (SELECT 1 FROM signatures WHERE version_id = OLD.id)"
_FINAL = "EXISTS (SELECT 1 FROM jobs WHERE id = NEW.job_id AND state IN ('signed', 'delivered'))"


def _guard_signed() -> None:
    """Let the database refuse what would change a signed version or a signature, or follow a final version."""
    guards = {
        "signed_versions": ("UPDATE OR DELETE", "versions", _SIGNED),
        "final_versions": ("INSERT", "versions", _FINAL),
        "signatures_only_added": ("UPDATE OR DELETE", "signatures", "TRUE"),
    }
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_signed_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
        )
        # PostgreSQL lets no trigger's condition look into another table, so that a function does.
        for name, (acts, table, condition) in guards.items():
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {condition} THEN RAISE EXCEPTION '{_REFUSED}'; END IF; "
                "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {acts} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
        for table in ("versions", "signatures"):
            op.execute(
                f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_signed_change()"
            )
        return
    for name, (acts, table, condition) in guards.items():
        for act in acts.split(" OR "):
            op.execute(
                f"CREATE TRIGGER {name}_{act.lower()} BEFORE {act} ON {table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            )


def _unguard_signed() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in ("versions", "signatures"):
            op.execute(f"DROP TRIGGER {table}_not_emptied ON {table}")
        for name, table in (
            ("signed_versions", "versions"), ("final_versions", "versions"), ("signatures_only_added", "signatures"),
        ):  # fmt: skip
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")
        op.execute("DROP FUNCTION refuse_signed_change()")
        return
    for name in (
        "signed_versions_update", "signed_versions_delete", "final_versions_insert", "signatures_only_added_update",
        "signatures_only_added_delete",
    ):  # fmt: skip
        op.execute(f"DROP TRIGGER {name}")


def _as_before() -> None:
    """The three tables as the first revision made them."""
    for table, texts, moment in (
        ("code_decisions", ["system", "code", "decision"], "decided_at"),
        ("mark_decisions", ["kind", "decision"], "decided_at"),
        ("signatures", ["printed_name", "meaning", "digest"], "signed_at"),
    ):
        op.create_table(
            table,
            *_text("id", "version_id", "clinic_id", "person_id", *texts),
            sa.Column(moment, _MOMENT, nullable=False),
            *(_of(table, column) for column in ("clinic_id", "person_id", "version_id")),
            sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        )
    for table in ("code_decisions", "signatures"):
        op.create_index(f"ix_{table}_version_id", table, ["version_id"])
    op.add_column("code_decisions", sa.Column("replaced_by", sa.String(), nullable=True))
