"""The base of all agents: typed in, typed out, tools in between, everything on record.

No framework: an agent checks its input, runs the tools that its input calls for, asks the
federation where a model has something to say, and checks what it gives back. What it does is
fixed; only words and choices among given candidates ever come from a model.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, Field, ValidationError

from rmnctl.config import ConfigModel
from rmnctl.errors import ConfigError, Failure, RmnctlError, did_you_mean
from rmnctl.federation import Inference, LoRAFederation, Tool

In = TypeVar("In", bound=BaseModel)
Out = TypeVar("Out", bound=BaseModel)
T = TypeVar("T")


class ToolUse(ConfigModel):
    """One call of a tool."""

    tool: str
    arguments: dict[str, Any]
    result: Any = None
    error: str | None = Field(None, description="code of the error it ended with")


class Transcript(ConfigModel):
    """What an agent did, the same bytes for the same work; times are in `Executed.ms`."""

    agent: str
    input: dict[str, Any]
    prompts: tuple[str, ...] = Field((), description="what the model was asked, by attempt")
    answers: tuple[str, ...] = Field((), description="what it said, by attempt")
    faults: tuple[str, ...] = Field((), description="why an attempt was not good enough")
    calls: tuple[ToolUse, ...] = ()
    adapters: tuple[dict[str, Any], ...] = Field((), description="layers that answered, with why")
    output: dict[str, Any] | None = None


@dataclass(frozen=True)
class Offer:
    """A tool as a class of agents has it, before there is an agent.

    Attributes:
        name: What it is called.
        says: When to use it, one sentence.
        takes: Model of its arguments.
        method: Name of the agent's method that does it.
    """

    name: str
    says: str
    takes: type[BaseModel]
    method: str


@dataclass(frozen=True)
class Executed(Generic[Out]):
    """A finished execution.

    Attributes:
        output: What the agent found.
        transcript: How.
        ms: Milliseconds by step; volatile, so never part of an artifact.
    """

    output: Out
    transcript: Transcript
    ms: dict[str, float]


@dataclass
class Work:
    """An execution under way: what tools have given so far.

    Attributes:
        results: By tool, its last result.
        calls: All calls in their order.
        deadline: When the time is up, on the monotonic clock.
        ms: Milliseconds by step.
    """

    results: dict[str, Any] = field(default_factory=dict)
    calls: list[ToolUse] = field(default_factory=list)
    deadline: float = float("inf")
    ms: dict[str, float] = field(default_factory=dict)


class BaseAgent(ABC, Generic[In, Out]):
    """An agent.

    A subclass says what it takes and gives (`Input`, `Output`), which tools it `offers`, which of
    them an input calls for (`route`), what a model is asked (`build_prompt`; None: nothing), and
    what the output is (`parse_result`).
    """

    name: ClassVar[str]
    task: ClassVar[str | None] = None
    offers: ClassVar[tuple[Offer, ...]] = ()
    Input: type[In]
    Output: type[Out]
    timeout_s: float = 60.0
    attempts: int = 2

    def __init__(
        self,
        federation: LoRAFederation | None = None,
        *,
        retailer_id: str | None = None,
        brand_id: str | None = None,
    ) -> None:
        """Make an agent.

        Args:
            federation: Where a model is asked; None: the agent works without one.
            retailer_id: Whose media, for the choice of adapters.
            brand_id: Who asks, for the choice of adapters.
        """
        self.federation = federation
        self.retailer_id = retailer_id
        self.brand_id = brand_id

    # -- what a subclass says --------------------------------------------------------------

    def tools(self) -> Sequence[Tool]:
        """The tools that the class offers, bound to this agent."""
        return tuple(Tool(o.name, o.says, o.takes, getattr(self, o.method)) for o in self.offers)

    def route(self, given: In) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Which tools an input calls for, with their arguments, in order."""
        del given
        return ()

    def build_prompt(self, given: In, work: Work, fault: str | None) -> str | None:
        """What the model is asked; None: nothing.

        Args:
            given: The input.
            work: What the tools gave.
            fault: Why the last answer was not good enough, on a further attempt.
        """
        del given, work, fault
        return None

    def ask(self, prompt: str, given: In) -> Inference:
        """Ask the federation; a subclass may add a schema or tools."""
        del given
        if self.federation is None:
            raise Failure(f"The {self.name} agent needs a model, and none was given.")
        return self.federation.infer(
            prompt, task=self.task, retailer_id=self.retailer_id, brand_id=self.brand_id
        )

    @abstractmethod
    def parse_result(self, given: In, work: Work, answer: Inference | None) -> Out:
        """The output.

        Args:
            given: The input.
            work: What the tools gave.
            answer: What the model said; None where none was asked.

        Raises:
            Failure: The answer is not good enough; the agent asks again.
        """

    def read(self, text: str) -> In:
        """An input from words; only agents that take words have one.

        Raises:
            ConfigError: The agent takes no words, or these say nothing it can do.
        """
        del text
        raise ConfigError(f"The {self.name} agent takes typed input, no text.")

    # -- what all agents do ----------------------------------------------------------------

    def execute(self, user_input: In | Mapping[str, Any] | str) -> Executed[Out]:
        """Do the work.

        Args:
            user_input: Typed, as a mapping, or in words where the agent reads them.

        Raises:
            ConfigError: The input is not what the agent takes.
            Failure: A model's answer stayed unusable, or time ran out.
            RmnctlError: As the tools raise.
        """
        given = self._checked(user_input)
        work = Work(deadline=time.monotonic() + self.timeout_s)
        for name, arguments in self.route(given):
            self.use(work, name, arguments)
        prompts: list[str] = []
        answers: list[str] = []
        faults: list[str] = []
        adapters: list[dict[str, Any]] = []
        while True:
            prompt = self.build_prompt(given, work, faults[-1] if faults else None)
            try:
                answer = None
                if prompt is not None and self.federation is not None:
                    prompts.append(prompt)
                    answer = self._timed(work, "model", partial(self.ask, prompt, given))
                    answers.append(answer.text)
                    adapters = self.federation.get_active_adapters()
                output = self.parse_result(given, work, answer)
                break
            except (Failure, ValidationError) as error:
                fault = error.message if isinstance(error, Failure) else _fields(error)
                faults.append(fault)
                if not answers or len(faults) >= self.attempts:
                    raise Failure(
                        f"The {self.name} agent found no usable answer: {fault}",
                        hint="Ask again with another wording, or without a model.",
                    ) from error
        transcript = Transcript(
            agent=self.name,
            input=given.model_dump(mode="json", by_alias=True),
            prompts=tuple(prompts),
            answers=tuple(answers),
            faults=tuple(faults),
            calls=tuple(work.calls),
            adapters=tuple(adapters),
            output=output.model_dump(mode="json", by_alias=True),
        )
        return Executed(output, transcript, dict(work.ms))

    def use(self, work: Work, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a tool and keep what it gives.

        Raises:
            ConfigError: There is no such tool, or it does not take these arguments.
            RmnctlError: As the tool raises.
        """
        tool = next((t for t in self.tools() if t.name == name), None)
        if tool is None or tool.function is None:
            known = [t.name for t in self.tools()]
            raise ConfigError(
                f"The {self.name} agent has no tool {name}.", hint=did_you_mean(name, known)
            )
        try:
            typed = tool.parameters.model_validate(dict(arguments))
        except ValidationError as error:
            raise ConfigError(f"Tool {name}: {_fields(error)}") from error
        function = tool.function
        plain = typed.model_dump(mode="json", by_alias=True)
        try:
            result = self._timed(work, name, lambda: function(typed))
        except RmnctlError as error:
            work.calls.append(ToolUse(tool=name, arguments=plain, error=error.code))
            raise
        work.results[name] = result
        shown = result.model_dump(mode="json", by_alias=True) if _is_model(result) else result
        work.calls.append(ToolUse(tool=name, arguments=plain, result=shown))
        return result

    def _checked(self, user_input: In | Mapping[str, Any] | str) -> In:
        if isinstance(user_input, str):
            return self.read(user_input)
        try:
            if isinstance(user_input, self.Input):
                return user_input
            return self.Input.model_validate(user_input)
        except ValidationError as error:
            raise ConfigError(f"Input of the {self.name} agent: {_fields(error)}") from error

    def _timed(self, work: Work, step: str, call: Callable[[], T]) -> T:
        """Do one step; where it outlives the deadline, the agent ends without it."""
        started = time.monotonic()
        try:
            return _within(call, work.deadline - started, f"{self.name} agent, step {step}")
        finally:
            work.ms[step] = work.ms.get(step, 0.0) + 1000 * (time.monotonic() - started)


def _within(call: Callable[[], T], seconds: float, what: str) -> T:
    """The result of a call, or a failure where it takes longer."""
    if seconds == float("inf"):
        return call()
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001  raised again by whoever waits
            errors.append(error)

    # A daemon, because a thread cannot be stopped: what nobody waits for must not keep us.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(max(seconds, 0.0))
    if errors:
        raise errors[0]
    if not results:
        raise Failure(f"Time ran out: {what}.", hint="Give it longer (timeout_s).")
    return results[0]


def _is_model(value: object) -> bool:
    return isinstance(value, BaseModel)


def _fields(error: ValidationError) -> str:
    """Which fields are wrong and why; never what was in them."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'input'}: {e['msg']}"
        for e in error.errors(include_input=False)
    )
