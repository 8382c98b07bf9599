"""The command line: what goes where, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

import xcore_tools
from xcore_tools.cli import main
from xcore_tools.config import Config
from xcore_tools.discovery.results import Discovery, Problem
from xcore_tools.errors import ConfigError, NothingToScanError

RECORDED = Path(__file__).parent / "report" / "discovery.json"
SAMPLE = msgspec.json.decode(RECORDED.read_bytes(), type=Discovery)
CLEAN = msgspec.structs.replace(SAMPLE, problems=())
NOTE, WARNING, ERROR = (
    Problem("a.py", 1, "XT120", "note", "not known"),
    Problem("b.py", 2, "XT110", "warning", "no such path"),
    Problem("c.py", 3, "XT101", "error", "not valid Python"),
)

Output = pytest.CaptureFixture[str]


class FakeLibrary:
    """Stands in for `load_config` and `discover`, and keeps what they were called with."""

    def __init__(self) -> None:
        self.result: Discovery | BaseException = CLEAN
        self.config: list[Path | None] = []
        self.calls: list[dict[str, Any]] = []

    def load_config(self, path: Path | None = None) -> Config:
        self.config.append(path)
        return Config(project=Path("/project"), source=path or Path("config.json"))

    def discover(self, paths: tuple[str, ...] = (), **options: object) -> Discovery:
        self.calls.append({"paths": paths, **options})
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    fake = FakeLibrary()
    monkeypatch.setitem(xcore_tools.__dict__, "load_config", fake.load_config)
    monkeypatch.setitem(xcore_tools.__dict__, "discover", fake.discover)
    monkeypatch.setitem(xcore_tools.__dict__, "__version__", "1.2.3")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return fake


def become_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """To be called by the test itself: pytest exchanges the streams after the fixtures."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)


def test_the_arguments_reach_the_library(library: FakeLibrary, tmp_path: Path) -> None:
    config = tmp_path / "other.json"
    config.write_text("{}", encoding="utf-8")
    assert (
        main(
            [
                *("discover", "app", "plugins", "--config", str(config)),
                *("--include", "*.py", "--include", "x/**", "--exclude", "test_*", "--columns"),
            ]
        )
        == 0
    )
    assert library.config == [config]
    (call,) = library.calls
    assert call.pop("progress")
    assert call == {
        "paths": ("app", "plugins"),
        "config": Config(project=Path("/project"), source=config),
        "include": ("*.py", "x/**"),
        "exclude": ("test_*",),
        "columns": True,
        "cache": None,
        "executor": None,
    }


def test_results_are_remembered_in_the_project_or_where_it_is_said(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XCORE_TOOLS_NO_CACHE")
    assert main(["discover"]) == 0
    assert main(["discover", "--cache-dir", "elsewhere"]) == 0
    monkeypatch.setenv("XCORE_TOOLS_CACHE_DIR", "named")
    assert main(["discover"]) == 0
    assert main(["discover", "--no-cache"]) == 0
    assert [call["cache"] for call in library.calls] == [
        Path("/project/.xcore_tools_cache"),
        Path("elsewhere"),
        Path("named"),
        None,
    ]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--scheduler", "tcp://x"], "--scheduler needs --executor dask"),
        (["--executor", "dask"], "--executor dask needs --scheduler ADDRESS"),
    ],
)
def test_an_executor_needs_an_address_and_the_other_way_round(
    options: list[str], text: str, capsys: Output
) -> None:
    assert main(["discover", *options]) == 2
    assert text in capsys.readouterr().err


def test_without_arguments_the_configuration_decides(library: FakeLibrary) -> None:
    assert main(["discover"]) == 0
    assert library.config == [None]
    assert library.calls[0]["paths"] == ()


def test_text_goes_to_stdout_and_problems_to_stderr(library: FakeLibrary, capsys: Output) -> None:
    library.result = SAMPLE
    assert main(["discover"]) == 1
    captured = capsys.readouterr()
    assert captured.out == (RECORDED.parent / "text.txt").read_text(encoding="utf-8")
    assert "legacy/reports.py:3: XT101 not valid Python" in captured.err
    assert captured.err.endswith("\n1 error, 1 warning, 2 notes\n")


def test_a_clean_scan_is_silent_on_stderr(capsys: Output) -> None:
    assert main(["discover"]) == 0
    assert capsys.readouterr().err == ""


def test_imports_go_to_stdout_and_problems_to_stderr(library: FakeLibrary, capsys: Output) -> None:
    library.result = SAMPLE
    assert main(["discover", "--format", "imports"]) == 1
    captured = capsys.readouterr()
    assert captured.out == (RECORDED.parent / "imports.txt").read_text(encoding="utf-8")
    assert "XT101" in captured.err


@pytest.mark.parametrize(
    ("form", "start"), [("json", '{\n  "schema_version"'), ("sarif", "{"), ("github", "::")]
)
def test_formats_that_hold_the_problems_leave_stderr_alone(
    library: FakeLibrary, capsys: Output, form: str, start: str
) -> None:
    library.result = SAMPLE
    assert main(["discover", "--format", form]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith(start)
    assert captured.err == ""


def test_sarif_names_the_version_of_the_tool(capsys: Output) -> None:
    assert main(["discover", "--output-format", "sarif"]) == 0
    driver = json.loads(capsys.readouterr().out)["runs"][0]["tool"]["driver"]
    assert driver["version"] == "1.2.3"


def test_on_a_terminal_the_table_has_colour_and_fits(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    become_a_terminal(monkeypatch)
    main(["discover"])
    shown = capsys.readouterr().out
    assert "\x1b[1mcore\x1b[0m" in shown
    assert "\x1b[36mauth.models\x1b[0m" in shown


@pytest.mark.parametrize(
    ("environment", "is_colored"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ],
)
def test_no_color_and_force_color(
    library: FakeLibrary,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
    environment: dict[str, str],
    is_colored: bool,
) -> None:
    library.result = SAMPLE
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    main(["discover"])
    captured = capsys.readouterr()
    assert ("\x1b[" in captured.out) == ("\x1b[" in captured.err) == is_colored


@pytest.mark.parametrize("variable", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_can_be_kept_plain(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, variable: tuple[str, str]
) -> None:
    become_a_terminal(monkeypatch)
    monkeypatch.setenv(*variable)
    main(["discover"])
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("problems", "code"),
    [((), 0), ((NOTE,), 0), ((WARNING,), 1), ((ERROR,), 1), ((NOTE, WARNING, ERROR), 1)],
)
def test_errors_and_warnings_count_and_notes_do_not(
    library: FakeLibrary, problems: tuple[Problem, ...], code: int
) -> None:
    library.result = msgspec.structs.replace(CLEAN, problems=problems)
    assert main(["discover"]) == code
    assert main(["discover", "--format", "json"]) == code
    assert main(["discover", "--exit-zero"]) == 0


@pytest.mark.parametrize(
    "error", [NothingToScanError("no Python file below app"), ConfigError(["no such key: modls"])]
)
def test_an_error_is_one_line_and_exit_code_2(
    library: FakeLibrary, capsys: Output, error: Exception
) -> None:
    library.result = error
    assert main(["discover"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"error: {error}\n"


def test_every_fault_of_a_configuration_is_a_line(library: FakeLibrary, capsys: Output) -> None:
    library.result = ConfigError(["first", "second"])
    assert main(["discover"]) == 2
    assert capsys.readouterr().err == "error: first\nerror: second\n"


def test_an_interrupt_is_130(library: FakeLibrary) -> None:
    library.result = KeyboardInterrupt()
    assert main(["discover"]) == 130


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dicover"], "error: No such command 'dicover'."),
        (["discover", "--fromat", "json"], "error: No such option"),
        (["discover", "--format", "xml"], "error: Invalid value for '--format'"),
        (["discover", "--config", "/nowhere/at/all"], "error: Invalid value for '--config'"),
        (["discover", "--explain", "User", "--format", "sarif"], "error: Invalid value"),
    ],
)
def test_wrong_usage_is_2_and_says_where_help_is(
    capsys: Output, arguments: list[str], message: str
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(message)
    assert "--help`" in captured.err


def test_a_fault_of_ours_keeps_its_traceback(library: FakeLibrary) -> None:
    library.result = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        main(["discover"])


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(capsys: Output, flag: str) -> None:
    assert main([flag]) == 0
    assert "discover    Find every SQLAlchemy model and table." in capsys.readouterr().out
    assert main(["discover", flag]) == 0
    assert "  2  wrong usage or configuration, or no Python file found\n" in capsys.readouterr().out


def test_no_command_is_help_on_stderr(capsys: Output) -> None:
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Usage: xcore-tools ")


def test_version(capsys: Output) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "xcore-tools 1.2.3\n"


def test_it_runs_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "xcore_tools", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("xcore-tools ")


def test_explain_prints_the_chain(capsys: Output) -> None:
    assert main(["discover", "--explain", "Invoice"]) == 0
    assert capsys.readouterr().out.startswith("Invoice → Model (core/__init__.py:1) → Entity")


def test_explain_as_json(capsys: Output) -> None:
    assert main(["discover", "--explain", "Invoice", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdicts"][0]["name"] == "Invoice"


def test_explain_does_not_judge_the_scan(library: FakeLibrary, capsys: Output) -> None:
    library.result = SAMPLE
    assert main(["discover", "--explain", "User"]) == 0
    assert capsys.readouterr().err == ""


def test_an_unknown_name_is_1_with_near_names(library: FakeLibrary, capsys: Output) -> None:
    assert main(["discover", "--explain", "Invioce"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "error: the scan met no class and no table called Invioce\ndid you mean: Invoice?\n"
    )


def test_files_that_may_hold_an_unknown_name_are_named(
    library: FakeLibrary, capsys: Output
) -> None:
    library.result = SAMPLE
    assert main(["discover", "--explain", "zzzzzz"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[1:] == [
        "legacy/reports.py:3: XT101 not valid Python: print without parentheses (Python 2)",
        "1 error",
    ]


def test_a_file_gets_plain_text_of_any_width(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    become_a_terminal(monkeypatch)
    target = tmp_path / "models.txt"
    assert main(["discover", "--output", str(target)]) == 0
    expected = (RECORDED.parent / "text.txt").read_bytes()
    assert target.read_bytes() == expected.replace(b", 1 of them not read", b"")  # without problems
    assert capsys.readouterr().out == ""
    main(["discover", "--explain", "User", "-o", str(target)])
    assert target.read_text(encoding="utf-8").startswith("User → Base")


def test_a_dash_is_standard_output(tmp_path: Path, capsys: Output) -> None:
    assert main(["discover", "--format", "json", "-o", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["schema_version"] == 1


@pytest.mark.parametrize("target", ["missing/models.json", "."])
def test_a_file_that_cannot_be_written_is_a_usage_error(
    tmp_path: Path, capsys: Output, target: str
) -> None:
    assert main(["discover", "-o", str(tmp_path / target)]) == 2
    assert capsys.readouterr().err.startswith("error: Invalid value for --output: cannot write")
