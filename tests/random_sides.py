"""Random operations on a small database, for whoever compares verdicts with a server.

Many-to-many fields with and without a model of their own, multi-table inheritance,
proxies, unmanaged and swappable models, tables and columns under foreign names.
"""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.migrations.state import ProjectState

Pair = tuple[str, Any]  # app label, operation

NAMES = ["name", "sku", "color", "weight", "tags", "labels", "owner", "owner_id"]
MODELS = ["Item", "Tag", "Box", "Crate", "Special"]
ENTRIES = ["item_name_idx", "item_sku_uniq", "fresh_idx", "other_idx"]
TABLES = ["shop_box", "shop_item_labels", "shop_crate", "own_table", None]


def key() -> tuple[str, Any]:
    return "id", models.AutoField(primary_key=True)


def char() -> Any:
    return models.CharField(max_length=9, default="x")


BASE: list[Pair] = [
    (
        "auth",
        migrations.CreateModel("User", [key()], {"swappable": "AUTH_USER_MODEL"}),
    ),
    (
        "shop",
        migrations.CreateModel(
            "Tag", [key(), ("name", models.CharField(max_length=9, unique=True))]
        ),
    ),
    (
        "shop",
        migrations.CreateModel(
            "Item",
            [
                key(),
                ("name", char()),
                ("sku", char()),
                ("color", char()),
                ("owner", models.ForeignKey("shop.Tag", models.CASCADE)),
                ("tags", models.ManyToManyField("shop.Tag", related_name="+")),
                (
                    "user",
                    models.ForeignKey("auth.User", models.CASCADE, related_name="+"),
                ),
            ],
            {
                "unique_together": {("name", "color")},
                "indexes": [models.Index(fields=["name"], name="item_name_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=["sku"], name="item_sku_uniq")
                ],
            },
        ),
    ),
    (
        "shop",
        migrations.CreateModel(
            "Special",
            [
                (
                    "item_ptr",
                    models.OneToOneField(
                        "shop.Item", models.CASCADE, parent_link=True, primary_key=True
                    ),
                ),
                ("extra", char()),
            ],
            bases=("shop.item",),
        ),
    ),
    (
        "shop",
        migrations.CreateModel(
            "Account",
            [key(), ("name", char())],
            {"swappable": "AUTH_USER_MODEL"},
        ),
    ),
    ("store", migrations.CreateModel("Shelf", [key(), ("name", char())])),
    (
        "store",
        migrations.CreateModel(
            "Stock",
            [
                key(),
                ("shelf", models.ForeignKey("store.Shelf", models.CASCADE)),
                ("item", models.ForeignKey("shop.Item", models.CASCADE)),
                ("count", models.IntegerField(default=0)),
            ],
        ),
    ),
    (
        "store",
        migrations.AddField(
            "shelf", "items", models.ManyToManyField("shop.Item", through="store.Stock")
        ),
    ),
]


def fresh(pairs: list[Pair]) -> list[Pair]:
    """Copies: Django changes fields in place."""
    return copy.deepcopy(pairs)


def base_state() -> ProjectState:
    """The state after BASE, which nobody has rendered."""
    state = ProjectState()
    for app, operation in fresh(BASE):
        operation.state_forwards(app, state)
    return state


class Maker:
    """Makes operations on a state, most of them on what is there."""

    def __init__(self, random: Random, state: ProjectState) -> None:
        self.pick: Any = random.choice
        self.chance = random.random
        self.state = state
        self.keys = sorted(k for k in state.models if k[0] != "auth")

    def target(self) -> str:
        app, name = self.pick(self.keys)
        return f"{app}.{self.state.models[app, name].name}"

    def field(self, many: bool = True) -> Any:
        kinds: list[Any] = [
            lambda: models.CharField(max_length=self.pick([9, 20]), default="x"),
            lambda: models.IntegerField(null=True, db_index=self.chance() < 0.3),
            lambda: models.CharField(
                max_length=9, null=True, unique=self.chance() < 0.3
            ),
            lambda: models.IntegerField(null=True, db_column=self.pick(["col", "sku"])),
            lambda: models.ForeignKey(
                self.target(), models.CASCADE, null=True, related_name="+"
            ),
            lambda: models.ForeignKey(
                settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
            ),
            lambda: models.OneToOneField(
                self.target(), models.CASCADE, null=True, related_name="+"
            ),
        ]
        joined: list[Any] = [
            lambda: models.ManyToManyField(self.target(), related_name="+"),
            lambda: models.ManyToManyField(
                self.target(), related_name="+", db_table=self.pick(["own_table", None])
            ),
            lambda: models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+"),
        ]
        return self.pick(kinds + joined if many else kinds)()

    def entry(self, key: tuple[str, str], option: str) -> str:
        names = [e.name for e in self.state.models[key].options.get(option, ())]
        return str(self.pick(names or ENTRIES))

    def some(self, key: tuple[str, str], joined: bool = True) -> str:
        fields = self.state.models[key].fields
        names = [n for n, f in fields.items() if joined or not f.many_to_many]
        own = [n for n in names if n not in ("id", "item_ptr")]
        return str(self.pick(own or ["name"]))

    def foreign_key(self, key: tuple[str, str]) -> str | None:
        fields = self.state.models[key].fields
        names = [n for n, f in fields.items() if f.many_to_one or f.one_to_one]
        return str(self.pick(names)) if names else None

    def create(self) -> Any:
        fields: list[Any] = [key(), ("name", char())]
        options: dict[str, Any] = {}
        name = self.pick(MODELS)
        kind = self.pick(["plain", "child", "proxy", "swapped", "unmanaged", "through"])
        bases: tuple[Any, ...] = (models.Model,)
        if kind in ("child", "proxy"):
            parent = self.target()
            bases = (parent.lower(),)
            link: Any = models.OneToOneField(
                parent, models.CASCADE, parent_link=True, primary_key=True
            )
            short = parent.split(".")[1].lower()
            fields = [(f"{short}_ptr", link)] if kind == "child" else []
            options = {"proxy": True} if kind == "proxy" else {}
        elif kind == "swapped":
            options = {"swappable": "AUTH_USER_MODEL"}
        elif kind == "unmanaged":
            options = {"managed": False}
        if kind not in ("proxy",) and self.chance() < 0.6:
            fields.append((self.pick(NAMES[2:]), self.field()))
        if kind == "plain" and self.chance() < 0.4:
            options["db_table"] = self.pick(TABLES[:-1])
        return migrations.CreateModel(name, fields, options, bases)

    def operation(self) -> Pair:
        key = self.pick(self.keys)
        app, name = key
        own, plain = self.some(key), self.some(key, joined=False)
        new = self.pick(NAMES)
        pick = self.pick
        together = (
            {(plain, self.some(key, joined=False))} if self.chance() < 0.7 else set()
        )
        kinds: list[Any] = [
            self.create,
            self.create,
            lambda: migrations.DeleteModel(name),
            lambda: migrations.RenameModel(name, pick(MODELS)),
            lambda: migrations.AddField(name, new, self.field()),
            lambda: migrations.AddField(name, new, self.field()),
            lambda: migrations.AddField(name, new, self.field()),
            lambda: migrations.AlterField(
                name, own, self.field(many=self.chance() < 0.3)
            ),
            lambda: migrations.AlterField(
                name, "id", models.BigAutoField(primary_key=True)
            ),
            lambda: migrations.RemoveField(name, own),
            lambda: migrations.RenameField(name, own, new),
            lambda: migrations.AlterUniqueTogether(
                name, {t for t in together if t[0] != t[1]}
            ),
            lambda: migrations.AlterModelOptions(
                name, pick([{"managed": False}, {"verbose_name": "a"}, {}])
            ),
            lambda: migrations.AlterModelTable(name, pick(TABLES)),
            lambda: migrations.AlterModelTableComment(name, pick(["a", "b"])),
            lambda: migrations.AlterOrderWithRespectTo(
                name, pick([self.foreign_key(key), None])
            ),
            lambda: migrations.AddIndex(
                name, models.Index(fields=[plain], name=pick(ENTRIES))
            ),
            lambda: migrations.RemoveIndex(name, self.entry(key, "indexes")),
            lambda: migrations.RenameIndex(
                name, new_name=pick(ENTRIES), old_name=self.entry(key, "indexes")
            ),
            lambda: migrations.AddConstraint(
                name,
                pick(
                    [
                        models.UniqueConstraint(fields=[plain], name=pick(ENTRIES)),
                        models.CheckConstraint(
                            condition=models.Q(**{f"{plain}__isnull": False}),
                            name=pick(ENTRIES),
                        ),
                    ]
                ),
            ),
            lambda: migrations.RemoveConstraint(name, self.entry(key, "constraints")),
        ]
        return app, pick(kinds)()
