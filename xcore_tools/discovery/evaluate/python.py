"""The rules of Python, as the interpreter is handed them."""

from __future__ import annotations

from xcore_tools.discovery.evaluate.assignment import mark_unknown, pinned
from xcore_tools.discovery.evaluate.calls import call_function, call_lambda, call_partial
from xcore_tools.discovery.evaluate.classes import prepare
from xcore_tools.discovery.evaluate.core import Language
from xcore_tools.discovery.evaluate.expressions import arguments_of, evaluate
from xcore_tools.discovery.evaluate.relevance import may_lose
from xcore_tools.discovery.evaluate.scopes import module_attribute, waiting
from xcore_tools.discovery.evaluate.statements import execute
from xcore_tools.discovery.evaluate.values import FunctionValue, LambdaValue, Partial

PYTHON = Language(
    evaluate=evaluate,
    execute=execute,
    arguments_of=arguments_of,
    module_attribute=module_attribute,
    calls={FunctionValue: call_function, LambdaValue: call_lambda, Partial: call_partial},
    mark_unknown=mark_unknown,
    may_lose=may_lose,
    pinned=pinned,
    waiting=waiting,
    prepare=prepare,
)
