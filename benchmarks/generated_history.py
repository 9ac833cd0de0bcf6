"""The history of one app, invented: a chain of migrations and its end state."""

from dataclasses import dataclass, field
from random import Random

import generated_files

# Shares: of migrations, of operations (the rest removes fields), of migrations.
RUN_PYTHON, ADD, ALTER, CROSS_APP = 0.10, 0.50, 0.30, 0.08
KINDS: dict[str, dict[str, str]] = {
    "BooleanField": {"default": "False"},
    "CharField": {"blank": "True", "default": "''", "max_length": "100"},
    "DateTimeField": {"blank": "True", "null": "True"},
    "DecimalField": {"decimal_places": "2", "default": "0", "max_digits": "12"},
    "EmailField": {"blank": "True", "default": "''", "max_length": "254"},
    "IntegerField": {"default": "0"},
    "JSONField": {"blank": "True", "default": "dict"},
    "PositiveIntegerField": {"blank": "True", "null": "True"},
    "SlugField": {"blank": "True", "default": "''", "max_length": "80"},
    "TextField": {"blank": "True", "default": "''"},
}


@dataclass(slots=True)
class Model:
    """A model while its history is written: field name -> source of the field."""

    name: str
    fields: dict[str, str]
    used: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Migration:
    """One migration of the chain, as far as a squash needs it again."""

    name: str
    dependencies: list[tuple[str, str]]
    operations: str
    replaces: list[tuple[str, str]] = field(default_factory=list)
    has_code: bool = False


@dataclass(slots=True)
class App:
    """One app: its label, its two models and its chain, in order."""

    label: str
    models: tuple[Model, Model]
    chain: list[Migration]

    @property
    def leaf(self) -> str:
        return self.chain[-1].name


def make_app(rng: Random, index: int, length: int, previous: "App | None") -> App:
    """The history of one app; ``previous`` is the app before it, None for the first."""
    label = f"app_{index:03d}"
    first, second = (
        Model(name, new_fields(rng)) for name in rng.sample(generated_files.MODELS, 2)
    )
    other = f"{previous.label}.{previous.models[0].name}" if previous else first.name
    target = other if previous else f"{label}.{other}"
    second.fields["parent"] = (
        "models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, "
        f"related_name='+', to='{target.lower()}')"
    )
    initial = Migration(
        "0001_initial",
        [(previous.label, "0001_initial")] if previous else [],
        "".join(
            generated_files.create_model(m.name, m.fields) for m in (first, second)
        ),
    )
    app = App(label, (first, second), [initial])
    for number in range(2, length + 1):
        dependencies = [(label, app.leaf)]
        if previous and rng.random() < CROSS_APP:
            dependencies.insert(0, (previous.label, previous.chain[number - 1].name))
        make = code_migration if rng.random() < RUN_PYTHON else schema_migration
        app.chain.append(make(rng, app, number, dependencies))
    return app


def new_fields(rng: Random) -> dict[str, str]:
    """Six fields of six different kinds."""
    names = rng.sample(generated_files.NOUNS, 6)
    kinds = rng.sample(sorted(KINDS), 6)
    return {
        n: generated_files.field(k, KINDS[k]) for n, k in zip(names, kinds, strict=True)
    }


def schema_migration(
    rng: Random, app: App, number: int, dependencies: list[tuple[str, str]]
) -> Migration:
    """Two to seven operations on the app's models, and the name Django suggests."""
    operations, fragments = [], []
    touched: set[tuple[str, str]] = set()
    for _ in range(rng.randint(2, 7)):
        model = rng.choice(app.models)
        free = [
            name
            for name in model.fields
            if name != "parent" and (model.name, name) not in touched
        ]
        roll = rng.random()
        if roll < ADD or len(free) < 4:
            name, verb = new_name(rng, model), "add"
            kind = rng.choice(sorted(KINDS))
            model.fields[name] = generated_files.field(kind, KINDS[kind])
        else:
            name = rng.choice(free)
            verb = "alter" if roll < ADD + ALTER else "remove"
        if verb == "alter":
            kind = model.fields[name].removeprefix("models.").partition("(")[0]
            text = f"'{generated_files.sentence(rng, number)}'"
            model.fields[name] = generated_files.field(
                kind, {**KINDS[kind], "help_text": text}
            )
        source = model.fields.pop(name) if verb == "remove" else model.fields[name]
        touched.add((model.name, name))
        operations.append(generated_files.operation(verb, model.name, name, source))
        prefix = "" if verb == "add" else f"{verb}_"
        fragments.append(f"{prefix}{model.name.lower()}_{name}")
    name = f"{number:04d}_{generated_files.suggested_name(fragments)}"
    return Migration(name, dependencies, "".join(operations))


def new_name(rng: Random, model: Model) -> str:
    """A field name that ``model`` never had."""
    name = (
        f"{rng.choice(generated_files.ADJECTIVES)}_{rng.choice(generated_files.NOUNS)}"
    )
    while name in model.used:
        name = f"{name.rstrip('0123456789')}{len(model.used)}"
    model.used.add(name)
    return name


def code_migration(
    rng: Random, app: App, number: int, dependencies: list[tuple[str, str]]
) -> Migration:
    """A RunPython migration; its function is written above the class."""
    model = rng.choice(app.models)
    fields = [name for name in model.fields if name != "parent"]
    steps = [(rng.choice(fields), n) for n in range(1, rng.randint(3, 9) + 1)]
    function = f"fill_{model.name.lower()}_{steps[0][0]}"
    code = generated_files.data_function(function, app.label, model.name, steps)
    operations = f"{code}\0        migrations.RunPython({function}, migrations.RunPython.noop),\n"
    return Migration(
        f"{number:04d}_{function}", dependencies, operations, has_code=True
    )


def squash(app: App) -> "Migration | None":
    """The squash of the app's first two migrations, to stand beside them.

    None where there is no second one, or it runs code or names another app.
    """
    if len(app.chain) < 2:
        return None
    label, (first, second) = app.label, app.chain[:2]
    if second.has_code or len(second.dependencies) > 1:
        return None
    outside = [d for d in first.dependencies if d[0] != label]
    operations = first.operations + second.operations
    replaces = [(label, first.name), (label, second.name)]
    return Migration(f"0001_squashed_{second.name}", outside, operations, replaces)
