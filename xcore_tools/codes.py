"""Every finding that xcore-tools can report: its code, its title, its cause and its remedy."""

from __future__ import annotations

import msgspec


class Code(msgspec.Struct, frozen=True):
    """One kind of finding. `title` is a short noun phrase, `cause` and `remedy` are sentences."""

    code: str
    title: str
    cause: str
    remedy: str


CODES: dict[str, Code] = {
    entry.code: entry
    for entry in (
        Code(
            "XT101",
            "file cannot be parsed",
            "The file is not valid Python for the parser: a syntax error, Python 2 source, or a NUL byte.",
            "Correct the line, or exclude the file if it is not part of the application.",
        ),
        Code(
            "XT102",
            "file or directory cannot be read",
            "The operating system refused to read it, or it vanished during the scan.",
            "Check permissions and owner, or exclude the path.",
        ),
        Code(
            "XT103",
            "file cannot be decoded",
            "Its bytes do not match the declared encoding (UTF-8 unless a coding line says otherwise).",
            "Declare the encoding in the first two lines (PEP 263), or convert the file to UTF-8.",
        ),
        Code(
            "XT104",
            "file is nested too deeply or too long to be parsed safely",
            "Brackets, operators, branches or statements are so many that parsing would exhaust memory or time.",
            "Exclude the file if it is generated data, or break the expression into several statements.",
        ),
        Code(
            "XT105",
            "file is too large",
            "The file is larger than the limit for one source file.",
            "Exclude the file if it is generated data, or move the models out of it.",
        ),
        Code(
            "XT110",
            "configured path does not exist",
            "A path of the configuration or the command line names nothing on disk.",
            "Correct the path; the message names the nearest one that exists.",
        ),
        Code(
            "XT111",
            "symbolic link not followed",
            "The link leaves the project, or leads back to a directory above it.",
            "Name the target itself as a path if it is part of the application.",
        ),
        Code(
            "XT112",
            "import roots contradict each other",
            "Some imports count from one directory and some from another, so the same file has two names; "
            "Python would run it twice, and SQLAlchemy would map its classes twice.",
            "Import by one name only; the setting import_roots says from which directory names count.",
        ),
        Code(
            "XT113",
            "pattern or name matches nothing",
            "A pattern of --include, --exclude or the settings matches no file, or exclude_metadata names "
            "a collection that the scan did not find.",
            "Correct it, or remove it; patterns mean what they mean in a .gitignore file.",
        ),
        Code(
            "XT114",
            "folder of templates",
            "The name of the folder is an expression that cookiecutter or copier fills in; below it lie templates.",
            "Nothing needs to be done. To scan a filled-in copy, name its path.",
        ),
        Code(
            "XT120",
            "table name not known statically",
            "The name is computed in a way that cannot be followed without running the code.",
            "Write the name as a literal or a constant if other tools are to know it.",
        ),
        Code(
            "XT121",
            "schema not known statically",
            "The schema is computed in a way that cannot be followed without running the code.",
            "Write the schema as a literal or a constant if other tools are to know it.",
        ),
        Code(
            "XT122",
            "class inherits a declarative base but has no table",
            "It is not abstract, names no table and inherits none: SQLAlchemy refuses such a class.",
            "Add __tablename__, or __abstract__ = True if it is only a base of others.",
        ),
        Code(
            "XT123",
            "two definitions of one table",
            "Two places define a table of the same name and schema in the same MetaData.",
            "Rename one, or give it extend_existing=True if both mean the same table.",
        ),
        Code(
            "XT124",
            "base class not known",
            "Classes that have columns inherit a class that no file of the scan defines, so they may be models. "
            "Those that name a table and have columns are taken for models.",
            "Name the base under model_discovery.bases if it is a declarative base, or scan what defines it.",
        ),
        Code(
            "XT125",
            "evaluation stopped at its limit",
            "The module does so much work at import time that following it was ended early.",
            "Simplify the module, or exclude it if it holds no models.",
        ),
        Code(
            "XT126",
            "model whose name is not known statically",
            "A call makes a class of a declarative base; its name is computed in a way that cannot be followed.",
            "Write the model as a class statement, or give the call a literal or a constant for its name.",
        ),
        Code(
            "XT127",
            "tables that may be made at run time",
            "The code makes tables in a place that is only reached while the application runs.",
            "Make the tables at the top level of a module, or check that env.py imports what makes them.",
        ),
        Code(
            "XT201",
            "models not covered by target_metadata",
            "Alembic compares only target_metadata with the database; it lacks a MetaData that models live in.",
            "Run sync-env --fix-metadata, or add the MetaData to target_metadata by hand.",
        ),
        Code(
            "XT202",
            "target_metadata not understood",
            "It is missing, made by a call, or assigned in more than one place; it is left as it is.",
            "See that it holds every MetaData that the message names, or write it as one of them or a list.",
        ),
        Code(
            "XT203",
            "two tables of one name in combined metadatas",
            "target_metadata would hold both MetaData collections, and Alembic refuses such a pair of tables.",
            "Rename one of the tables, exclude one of the files, or give each MetaData an env.py of its own.",
        ),
        Code(
            "XT204",
            "MetaData cannot be imported by name",
            "It is made inside a function, by an expression, or in a module that no statement can name.",
            "Bind it to a name at the top level of a module whose path has only identifiers.",
        ),
        Code(
            "XT205",
            "import kept although its model was not found",
            "A file of the scan has an error and may define the model, so its import was not removed.",
            "Correct the file, or run sync-env --force if the model is really gone.",
        ),
        Code(
            "XT206",
            "markers of the block need attention",
            "The env.py has more markers than the one pair that is used.",
            "Remove the markers that the message names.",
        ),
        Code(
            "XT207",
            "models in a file that no import can reach",
            "A directory or the file has a dot in its name, which Python takes for a package inside a package.",
            "Rename it, or exclude it if the application does not load these models.",
        ),
        Code(
            "XT301",
            "several heads",
            "More than one revision is followed by no other, so that `upgrade head` does not know which is meant.",
            "Join them with `xcore-tools migrate merge`, or make one follow the other.",
        ),
        Code(
            "XT302",
            "two revision files of one id",
            "Alembic keeps one of them only, and which one depends on the order of the files.",
            "Give one of them another id, and correct the down_revision of what follows it.",
        ),
        Code(
            "XT303",
            "revision that no file defines",
            "A file follows or depends on a revision whose file is missing, or does not give its whole id.",
            "Restore the missing file, or correct the id.",
        ),
        Code(
            "XT304",
            "fork against another branch",
            "Once the other git ref is merged, a revision of it and one of here are both heads.",
            "Make the revision here follow that of the other ref, or merge the two after merging the code.",
        ),
        Code(
            "XT305",
            "revision file not understood",
            "It cannot be parsed, lacks revision or down_revision, or these are no plain text.",
            "Correct the file, and write the variables as literals; move what is no revision elsewhere.",
        ),
        Code(
            "XT306",
            "circle of revisions",
            "A revision follows or depends on itself by way of others: there is no order to apply them in.",
            "Correct the down_revision or depends_on of one of them.",
        ),
        Code(
            "XT307",
            "revision id that Alembic refuses",
            "It has one of the characters @ - + : in it, which mean something else to Alembic.",
            "Give the revision another id, and correct the down_revision of what follows it.",
        ),
        Code(
            "XT308",
            "branch label that is taken",
            "Another file has the same branch label, or the label is the id of a revision.",
            "Choose another label.",
        ),
        Code(
            "XT309",
            "revision files found twice",
            "Two version locations lead to the same files, of which Alembic warns in every command.",
            "Leave one of the locations out; a recursive one holds all that lie below it.",
        ),
        Code(
            "XT310",
            "table would be dropped although its model is in the source",
            "Alembic compares with what env.py has imported, and takes a table that is not in there for a removed one.",
            "Run sync-env so that env.py imports the model, or mend what keeps it from being imported.",
        ),
        Code(
            "XT311",
            "table would be left out of the revision",
            "Its model is in the source, but not in target_metadata, so that Alembic does not know of it.",
            "Run sync-env, with --fix-metadata if its MetaData is missing, or exclude files of another database.",
        ),
        Code(
            "XT401",
            "block of env.py missing or stale",
            "The imports in env.py are not those of the models that exist: autogenerate misses tables, or drops them.",
            "Run `xcore-tools sync-env`, or `xcore-tools doctor --fix`.",
        ),
        Code(
            "XT402",
            "target_metadata is None",
            "Autogenerate compares target_metadata with the database; None compares nothing.",
            "Run `xcore-tools sync-env`, which sets it to the metadata of the models.",
        ),
        Code(
            "XT403",
            "render_as_batch missing on SQLite",
            "SQLite cannot alter a table: Alembic makes a new one and moves the rows, in batches only.",
            "Pass render_as_batch=True to context.configure, or run `xcore-tools doctor --fix`.",
        ),
        Code(
            "XT404",
            "env.py silences the loggers of the application",
            "logging.config.fileConfig disables every logger that exists already, unless told otherwise.",
            "Pass disable_existing_loggers=False to fileConfig, or run `xcore-tools doctor --fix`.",
        ),
        Code(
            "XT405",
            "percent sign in sqlalchemy.url not escaped",
            "The ini file takes a percent sign for the beginning of `%(name)s`; Alembic refuses any other one.",
            "Write it twice, or run `xcore-tools doctor --fix`.",
        ),
        Code(
            "XT406",
            "file importable under two names",
            "One import root lies below another: a module imported by both names is two, its models mapped twice.",
            "Remove one of the two from import_roots or prepend_sys_path, and import by one name only.",
        ),
        Code(
            "XT407",
            "table left by an interrupted batch operation",
            "Alembic alters a table of SQLite by way of `_alembic_tmp_…`; a run was ended before it was done.",
            "Run the statement that the message names, which depends on how far the run got.",
        ),
        Code(
            "XT408",
            "database ahead of the code",
            "The database is at a revision that no file defines: newer code, or another branch, migrated it.",
            "Check out the code that has the revision, or restore a backup of a revision that is known.",
        ),
        Code(
            "XT409",
            "database without version table",
            "The database has tables, yet Alembic has noted no revision in it, so it would begin at the first one.",
            "Run `xcore-tools migrate stamp REVISION` if the tables are those of that revision.",
        ),
        Code(
            "XT410",
            "password in a settings file",
            "Settings files are committed, copied and shown; a password in one of them becomes known.",
            "Write `${NAME}` and set that variable, or XCORE_TOOLS_DATABASE_URL; change the password.",
        ),
        Code(
            "XT411",
            "driver or client program missing",
            "The database cannot be reached from Python, or not be backed up, without it.",
            "Install the package that the message names.",
        ),
        Code(
            "XT412",
            "directory of backups open to others",
            "Other users of the machine can replace backups, and what is restored is then theirs.",
            "Run `chmod go-w` on the directory, or `xcore-tools doctor --fix`.",
        ),
        Code(
            "XT413",
            "backup that nobody can rely on",
            "The backup is damaged, or it was never verified because another tool took it.",
            "Run `xcore-tools backup verify NAME --restore`; delete what is damaged, and take a new one.",
        ),
        Code(
            "XT414",
            "database not examined",
            "No database is configured, or it cannot be reached, so that its revision and tables are not known.",
            "Set the URL or start the database if it should be examined; nothing else depends on it.",
        ),
        Code(
            "XT415",
            "no Alembic environment",
            "Neither the ini file nor pyproject.toml leads to an env.py and a directory of revisions.",
            "Run `alembic init`, or name the ini file under migration.alembic_config.",
        ),
        Code(
            "XT416",
            "SQLAlchemy knows something else",
            "After importing the modules, SQLAlchemy's registry differs from what reading the source has found.",
            "Look at the place that the message names; if SQLAlchemy is right and the rule is general, report it.",
        ),
        Code(
            "XT501",
            "table dropped",
            "A pending revision drops a table that holds rows, and with it the data.",
            "Take a backup that is kept, and accept it with `# xcore-tools: ignore[XT501]`.",
        ),
        Code(
            "XT502",
            "column dropped",
            "A pending revision drops a column of a table that holds rows; code that still reads it fails.",
            "Deploy the code that does without it first, then accept it with `# xcore-tools: ignore[XT502]`.",
        ),
        Code(
            "XT503",
            "NOT NULL column without a server default",
            "The rows that are there have no value for the new column, so that adding it fails.",
            "Give it a server_default; or add it as nullable, fill it, and set NOT NULL afterwards.",
        ),
        Code(
            "XT504",
            "column becomes NOT NULL",
            "Rows have NULL in it, or may have, and the change fails on the first of them.",
            "Fill them with an UPDATE before, in the same revision or an earlier one.",
        ),
        Code(
            "XT505",
            "column type narrowed or changed",
            "Values that the new type cannot hold are cut, or make the revision fail.",
            "Check the values first; name the existing_type, so that a wider type can be told from others.",
        ),
        Code(
            "XT506",
            "index built under a lock",
            "On PostgreSQL, CREATE INDEX without CONCURRENTLY keeps writers out until it is done.",
            "Use postgresql_concurrently=True inside of `with op.get_context().autocommit_block():`.",
        ),
        Code(
            "XT507",
            "CONCURRENTLY inside of a transaction",
            "PostgreSQL refuses to build an index concurrently in a transaction, and Alembic opens one.",
            "Put the operation into `with op.get_context().autocommit_block():`.",
        ),
        Code(
            "XT508",
            "big table checked or rewritten under a lock",
            "All rows are read or written in one go, during which others cannot use the table.",
            "Add constraints as NOT VALID and validate them later; give big tables a new column instead of a new type.",
        ),
        Code(
            "XT509",
            "SQL that destroys data",
            "A statement drops a table or column, truncates, or deletes without a condition.",
            "Take a backup that is kept, and accept it with `# xcore-tools: ignore[XT509]`.",
        ),
        Code(
            "XT510",
            "table or column renamed",
            "Between the migration and the end of the deployment, old code looks for the old name.",
            "Stop the old code first; or add the new one beside it, copy, and drop the old one later.",
        ),
        Code(
            "XT511",
            "finding of squawk",
            "squawk, a linter for SQL of PostgreSQL, has something to say about a statement of the revision.",
            "See its rule under https://squawkhq.com/docs/rules; exclude a rule for good in .squawk.toml.",
        ),
    )
}
