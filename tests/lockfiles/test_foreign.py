"""Lockfiles of other projects: what is recognised, and what is left alone."""

import pytest

from oneleaf.lockfiles.foreign import Foreign, may_be_foreign, recognise

SENTRY = (
    b"A lock file for migrations. It helps against conflicts.\n"
    b"If this conflicts, somebody was faster. Note: this is prose.\n"
    b"\n"
    b"To resolve it, rebase and regenerate.\n"
    b"\n"
    b"feedback: 0002_feedback_org\n"
    b"sentry: 0563_drop_column\n"
)

COMMCARE = (
    b"# Written by makemigrations.\n"
    b"# ./manage.py makemigrations --lock-update\n"
    b"#\n"
    b"accounting\n"
    b" 0001_squashed_0052_plans\n"
    b" 0032_invoice_squashed_0036_record\n"
    b" 0034_merge_20180711\n"
    b" 0032_invoicing_plan\n"
    b"aggregate\n"
    b" 0001_initial\n"
    b" 0002_initial_squashed_0008_auto (8 squashed migrations)\n"
    b"messages\n"
    b" (no migrations)\n"
    b"repeaters\n"
    b" 00012_default_names\n"
)

GIT_CONFLICTS = (
    b"# Written by makemigrations.\n"
    b"# In a conflict run:\n"
    b"#     manage.py makemigrations --merge\n"
    b"# to resolve it.\n"
    b"0002_add_color\n"
)

POSTHOG = b"admin: 0003_logentry\nee: 0010_tags\nposthog: 0210_insight\n"


@pytest.mark.parametrize(
    ("path", "data", "kind", "entries"),
    [
        pytest.param(
            "migrations_lockfile.txt",
            SENTRY,
            "Sentry",
            {"feedback": "0002_feedback_org", "sentry": "0563_drop_column"},
            id="Sentry",
        ),
        pytest.param(
            "backend/migrations_lockfile.txt",
            b"\xef\xbb\xbf" + SENTRY.replace(b"\n", b"\r\n"),
            "Sentry",
            {"feedback": "0002_feedback_org", "sentry": "0563_drop_column"},
            id="Sentry in a directory, CRLF and mark",
        ),
        pytest.param(
            "migrations.lock",
            COMMCARE,
            "CommCare HQ",
            {
                "accounting": "0032_invoicing_plan",
                "aggregate": "0002_initial_squashed_0008_auto",
                "repeaters": "00012_default_names",
            },
            id="CommCare",
        ),
        pytest.param(
            "latest_migrations.manifest",
            POSTHOG,
            "PostHog",
            {"admin": "0003_logentry", "ee": "0010_tags", "posthog": "0210_insight"},
            id="PostHog",
        ),
        pytest.param(
            "latest_migrations/shop",
            GIT_CONFLICTS,
            "django-migrations-git-conflicts",
            {"shop": "0002_add_color"},
            id="git-conflicts",
        ),
        pytest.param(
            "src/latest_migrations/company.apps.shop",
            GIT_CONFLICTS,
            "django-migrations-git-conflicts",
            {"shop": "0002_add_color"},
            id="git-conflicts, dotted app",
        ),
        pytest.param(
            "latest_migrations/staticfiles",
            b"# one\n# two\n# three\n# four\n\n",
            "django-migrations-git-conflicts",
            {},
            id="git-conflicts, app without migrations",
        ),
        pytest.param(
            "src/shop/latest_migration.txt",
            b"0002_add_color",
            "django-migration-resolver",
            {"shop": "0002_add_color"},
            id="resolver",
        ),
    ],
)
def test_a_lockfile_of_another_project_tells_each_apps_latest(
    path: str, data: bytes, kind: str, entries: dict[str, str]
) -> None:
    assert may_be_foreign(path)
    assert recognise(path, data) == Foreign(kind, entries)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        pytest.param("migrations_lockfile.txt", b"", id="Sentry, empty"),
        pytest.param("migrations_lockfile.txt", b"Only prose.\n", id="Sentry, prose"),
        pytest.param(
            "migrations_lockfile.txt",
            SENTRY + b"more prose\n",
            id="Sentry, prose below",
        ),
        pytest.param(
            "migrations_lockfile.txt", SENTRY + b"sentry: 0564_x\n", id="Sentry, twice"
        ),
        pytest.param(
            "migrations_lockfile.txt",
            b"<<<<<<< ours\nshop: 0001_a\n=======\nshop: 0001_b\n>>>>>>> theirs\n",
            id="Sentry, conflict",
        ),
        pytest.param(
            "migrations_lockfile.txt", SENTRY + b"\xff\n", id="Sentry, latin-1"
        ),
        pytest.param("migrations.lock", b"# comments\n", id="CommCare, comments alone"),
        pytest.param(
            "migrations.lock", b"shop::0001_initial::9f86d081\n", id="content lock"
        ),
        pytest.param("migrations.lock", b" 0001_initial\n", id="CommCare, no label"),
        pytest.param(
            "migrations.lock", b"shop\n 0001_a\nshop\n 0001_b\n", id="CommCare, twice"
        ),
        pytest.param("migrations.lock", b"shop\n two words\n", id="CommCare, prose"),
        pytest.param(
            "migrations.lock", b'{"version": 1,\n "migrations": []}\n', id="JSON"
        ),
        pytest.param(
            "latest_migrations.manifest", b"Prose.\n" + POSTHOG, id="PostHog, prose"
        ),
        pytest.param(
            "latest_migrations/shop",
            b"0002_add_color\n",
            id="git-conflicts, no comments",
        ),
        pytest.param(
            "latest_migrations/shop",
            GIT_CONFLICTS + b"0003_b\n",
            id="git-conflicts, two",
        ),
        pytest.param(
            "latest_migrations/my-app", GIT_CONFLICTS, id="git-conflicts, no label"
        ),
        pytest.param("latest_migrations/README", GIT_CONFLICTS, id="its README"),
        pytest.param("shop/latest_migration.txt", b"", id="resolver, empty"),
        pytest.param(
            "shop/latest_migration.txt", GIT_CONFLICTS, id="resolver, comments"
        ),
        pytest.param("shop/latest_migration.txt", b"two words", id="resolver, prose"),
        pytest.param("latest_migration.txt", b"0001_initial", id="resolver, no app"),
        pytest.param("shop/migrations/max_migration.txt", b"0001_a\n", id="our own"),
    ],
)
def test_what_is_not_quite_the_format_is_not_recognised(path: str, data: bytes) -> None:
    assert recognise(path, data) is None


@pytest.mark.parametrize(
    "path",
    [
        "max_migration.txt",
        "shop/migrations/max_migration.txt",
        "latest_migrations",
        "latest_migrations/README",
        "old_migrations.lock",
        "latest_migration.txt",
        "latest_migrations/deep/shop",
    ],
)
def test_other_paths_need_not_be_read(path: str) -> None:
    assert not may_be_foreign(path)
